"""The contestants outside PostgreSQL: each in a process of its own, two in an environment of their own."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.policy.sheet import added
from bench.rivals.clock import Run
from nuanxin.kernel.actor import Actor

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "bench" / "requirements-rivals.txt"
#: Ignored by git; made again when the requirements change.
HOME = ROOT / "build" / "rivals"


@dataclass(frozen=True)
class Rival:
    """Its steps from data in PostgreSQL to results in PostgreSQL, and its peak memory in megabytes."""

    steps: dict[str, list[Run]]
    peak: float

    def end_to_end(self) -> list[Run]:
        """Without counting, which only shows the evaluation alone."""
        return added(*(runs for name, runs in self.steps.items() if name != "count"))


def environment() -> Path | None:
    """The Python of the rivals' environment; None, with the reason printed, when it cannot be made."""
    python, stamp = HOME / "bin" / "python", HOME / "stamp"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        install = [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(REQUIREMENTS)]
        for command in ([sys.executable, "-m", "venv", "--clear", str(HOME)], install):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                print(f"  OpenFisca and DuckDB are left out: {done.stderr.strip()[-300:]}", flush=True)
                return None
        stamp.write_text(wanted)
    return python


def compete(command: str, python: Path, actor: Actor, day: date, table: str, repeats: int) -> Rival:
    """Let a rival ("fisca", or "fisca rows" for one of its ways) do its task; it tells what it took."""
    task = {"scope": actor.scope, "day": day.isoformat(), "table": table, "repeats": repeats}
    name, *way = command.split()
    call = [str(python), "-m", f"bench.rivals.{name}", json.dumps(task), *way]
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(call, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    told = json.loads(done.stdout)
    return Rival({step: [Run(*run) for run in runs] for step, runs in told["steps"].items()}, told["peak"])
