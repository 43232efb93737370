"""`python -m bench.keep FOLDER [--households N] [--stop]`: a database with households to try statements on.

Makes it at the first call (a cluster in FOLDER, database bench_policy), starts it at the next ones, and
prints the environment a command needs to use it; `--stop` stops the server. Remove FOLDER to be rid of
it, and after new migrations.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from bench.scratch import EMPTY, Scratch
from nuanxin.config import secrets
from nuanxin.config.cluster import Cluster, say

DATABASE = "bench_policy"


def main() -> None:
    parser = argparse.ArgumentParser("bench.keep", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--households", type=int, default=1_000_000)
    parser.add_argument("--stop", action="store_true")
    asked = parser.parse_args()
    scratch = Scratch()
    scratch.cluster = Cluster(asked.folder, report=say)
    if asked.stop:
        scratch.cluster.stop()
        return
    asked.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    scratch.secrets = _secrets(asked.folder / "secrets.json")
    scratch.cluster.start()
    if not scratch.cluster.has_database(DATABASE):
        _make(scratch, asked.households)
    for name, value in scratch.environment(DATABASE).items():
        print(f"export {name}={shlex.quote(value)}")


def _secrets(path: Path) -> str:
    if not path.exists():
        path.touch(0o600)
        path.write_text(json.dumps(secrets.fresh()))
    return path.read_text()


def _make(scratch: Scratch, households: int) -> None:
    draft = f"{DATABASE}_draft"
    scratch.make_empty()
    scratch.copy(EMPTY, draft)
    call = (
        f"import django; django.setup(); from bench.policy.generate import populate; populate({households})"
    )
    subprocess.run([sys.executable, "-c", call], env=os.environ | scratch.environment(draft), check=True)
    scratch.copy(draft, DATABASE)
    scratch.cluster.drop_database(draft)


if __name__ == "__main__":
    main()
