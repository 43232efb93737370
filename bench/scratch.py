"""The scratch cluster of a run: durable like the real one, in a temporary folder, destroyed at the end."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from psycopg.sql import SQL, Identifier

from nuanxin.config import roles, secrets
from nuanxin.config.cluster import Cluster, say

SOURCES = Path(__file__).resolve().parent.parent / "src"
#: Migrated and settled, and nothing else.
EMPTY = "bench_empty"
#: The same with a province of 100,000 households.
PROVINCE = "bench_province"


class Scratch:
    """A started cluster and the environment of the processes that use it."""

    def __enter__(self) -> Self:
        self.cluster = Cluster.scratch(say)
        self.cluster.durable = True
        self.secrets = json.dumps(secrets.fresh())
        try:
            self.cluster.start()
        except BaseException:
            self.cluster.destroy()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self.cluster.destroy()

    def environment(self, database: str) -> dict[str, str]:
        """What a child needs: where its database, its files and its keys are."""
        return {
            "BENCH_BESIDE": str(self.cluster.data_dir / "beside.json"),
            "DATABASE_URL": self.cluster.url(roles.RUNTIME, database),
            "DATABASE_OWNER_URL": self.cluster.url(roles.OWNER, database),
            "DJANGO_SETTINGS_MODULE": "nuanxin.config.settings_served",
            "NUANXIN_DEMO": "1",
            "NUANXIN_SECRETS": self.secrets,
            "NUANXIN_VAR": str(self.cluster.data_dir / "var"),
            "PYTHONPATH": os.pathsep.join([str(SOURCES), str(SOURCES.parent)]),
        }

    def make_empty(self) -> None:
        """Make the database every other one is copied from."""
        self.cluster.ensure_database(EMPTY)
        for step, role in (("migrate", "owner"), ("settle", "runtime")):
            command = [sys.executable, "-m", "django", step, "-v0"]
            variables = os.environ | self.environment(EMPTY) | {"NUANXIN_DB_ROLE": role}
            subprocess.run(command, env=variables, check=True)

    def copy(self, source: str, target: str) -> None:
        """A fresh copy of a database, with its statistics; a checkpoint keeps the copying out of figures."""
        self.cluster.drop_database(target)
        statement = SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY")
        with self.cluster.connect() as connection:
            connection.execute(statement.format(*map(Identifier, (target, source, roles.OWNER))))
            connection.execute("CHECKPOINT")
