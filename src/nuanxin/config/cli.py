"""The commands of the program: `python -m nuanxin.config.cli <command>`, or `nuanxin <command>`.

run        set up what is missing, then serve on 127.0.0.1:8000 until Ctrl-C
setup      only set up: database, migrations, catalogues, static files, demo data
demo       drop the demo database and make it anew
stop       stop what runs in this data folder, whoever started it
messages   compile the translations that have changed

Every other command is one of Django's (`migrate`, `shell`, `createsuperuser`, ...). It runs as the
runtime role, `migrate` as the owner; the embedded database is started for it when it is not running.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

OWNER_COMMANDS = {"migrate"}
WITHOUT_DATABASE = {
    *("check", "collectstatic", "diffsettings", "findstatic", "help", "makemigrations", "version"),
    "--version",
}


def run() -> None:
    """Set up and serve until interrupted; then stop everything, the database last."""
    from . import installation, settings, supervisor
    from .cluster import Cluster

    with supervisor.sole(), supervisor.interruptible():
        try:
            supervisor.end_leftovers()
            port = supervisor.chosen_port()
            database = installation.prepare()
            demo = os.environ.get("NUANXIN_DEMO", "1" if database.kind == "demo" else "0") == "1"
            supervisor.serve(database.cluster, port, demo, lambda: greet(port, demo))
        except KeyboardInterrupt:
            print("\nStopping ...", flush=True)
        finally:
            Cluster(settings.VAR / "pg").stop()


def greet(port: int, demo: bool) -> None:
    """Say where the program is and, for a demo, who may sign in."""
    print(f"\n  暖心 Nuanxin: http://127.0.0.1:{port}/    (Ctrl-C stops it)\n", flush=True)
    if demo and find_spec("nuanxin.config.demo"):
        from .demo import demo_accounts_text

        print(demo_accounts_text(), flush=True)


def setup() -> None:
    """Set up without serving; the database is stopped again."""
    from . import installation, settings, supervisor
    from .cluster import Cluster

    with supervisor.sole(), supervisor.interruptible():
        try:
            installation.prepare()
        finally:
            Cluster(settings.VAR / "pg").stop()


def demo() -> None:
    """Make the demo database anew."""
    from . import installation, supervisor
    from .cluster import say
    from .system import SetupError

    if os.environ.get("DATABASE_URL"):
        raise SetupError("`demo` makes the embedded database anew: unset DATABASE_URL.")
    with supervisor.sole(), supervisor.interruptible():
        installation.compile_messages()
        database = installation.Embedded(say)
        try:
            database.rebuild_demo()
        finally:
            database.cluster.stop()


def stop() -> None:
    """Stop a running program; or what a killed one has left, and the database."""
    import psutil

    from . import settings, supervisor
    from .cluster import Cluster
    from .system import end

    pid = supervisor.supervisor_pid()
    if pid:
        end([psutil.Process(pid)], 180.0)
    supervisor.end_leftovers()
    Cluster(settings.VAR / "pg").stop()


def messages() -> None:
    """Compile the catalogues that have changed."""
    from .installation import compile_messages

    compile_messages()


def manage(arguments: list[str]) -> None:
    """Run one of Django's commands, with the role and the database it needs."""
    from .system import SetupError

    command = arguments[0]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nuanxin.config.settings")
    if command in OWNER_COMMANDS:
        os.environ.setdefault("NUANXIN_DB_ROLE", "owner")
        if os.environ.get("DATABASE_URL") and not os.environ.get("DATABASE_OWNER_URL"):
            raise SetupError(f"`{command}` runs as the owner of the schema: set DATABASE_OWNER_URL.")
    from django.core.management import execute_from_command_line

    with database_for(command):
        execute_from_command_line(["nuanxin", *arguments])


@contextmanager
def database_for(command: str) -> Iterator[None]:
    """The embedded database running while a command needs it; left running when it was found so."""
    from . import installation, settings, supervisor
    from .cluster import Cluster

    cluster = Cluster(settings.VAR / "pg")
    if os.environ.get("DATABASE_URL") or command in WITHOUT_DATABASE or cluster.running():
        yield
        return
    cluster.start()
    try:
        cluster.ensure_database(installation.DATABASE)
        yield
    finally:
        if supervisor.supervisor_pid() is None:
            cluster.stop()


COMMANDS = {"run": run, "setup": setup, "demo": demo, "stop": stop, "messages": messages}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; errors with a known cause are told in their words, without a traceback."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__)
        return 0
    from .system import SetupError  # and no settings yet: they ask for the role, which comes first

    try:
        if arguments[0] in COMMANDS:
            COMMANDS[arguments[0]]()
        else:
            manage(arguments)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
