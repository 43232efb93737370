"""`python -m bench.keep FOLDER [--of policy|registry] [--households N] [--stop]`: households to try on.

Makes the database at the first call (a cluster in FOLDER), starts it at the next ones, and prints the
environment a command needs to use it; `--stop` stops the server. Remove FOLDER to be rid of
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

#: What may be kept: the module that fills each, by name.
FILLED = {"policy": "bench.policy.generate", "registry": "bench.registry.generate"}


def main() -> None:
    parser = argparse.ArgumentParser("bench.keep", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--of", choices=FILLED, default="policy")
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
    database = f"bench_{asked.of}"
    if not scratch.cluster.has_database(database):
        _make(scratch, database, FILLED[asked.of], asked.households)
    for name, value in scratch.environment(database).items():
        print(f"export {name}={shlex.quote(value)}")


def _secrets(path: Path) -> str:
    if not path.exists():
        path.touch(0o600)
        path.write_text(json.dumps(secrets.fresh()))
    return path.read_text()


def _make(scratch: Scratch, database: str, module: str, households: int) -> None:
    draft = f"{database}_draft"
    scratch.make_empty()
    scratch.copy(EMPTY, draft)
    call = f"import django; django.setup(); from {module} import populate; populate({households})"
    subprocess.run([sys.executable, "-c", call], env=os.environ | scratch.environment(draft), check=True)
    scratch.copy(draft, database)
    scratch.cluster.drop_database(draft)


if __name__ == "__main__":
    main()
