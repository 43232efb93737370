"""`manage.py checkpack FILE...`: read policy packs and prove their situations, without loading them."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from nuanxin.policy.engine.faults import PackError
from nuanxin.policy.engine.reading import load_file
from nuanxin.policy.engine.situations import prove


class Command(BaseCommand):
    help = (
        "Checks policy packs: every fault as file:line:column with its reason; exit code 1 when there is one."
    )
    requires_system_checks: list[str] = []  # needs no database and no settings of an installation

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        passed = [self.check_file(path) for path in files]
        if not all(passed):
            raise SystemExit(1)

    def check_file(self, path: Path) -> bool:
        try:
            pack = load_file(path)
            prove(pack)
        except OSError as error:
            self.stderr.write(f"{path}: {error.strerror}")
        except PackError as error:
            for fault in error.faults:
                place = f"{path}:{fault.at.line}:{fault.at.column}"
                self.stderr.write(f"{place}: {fault.reason.en}\n{' ' * len(place)}  {fault.reason.zh}")
        else:
            told = f"{pack.code} {pack.version}, {len(pack.situations)} situations come out as expected"
            self.stdout.write(f"{path}: {told}")
            return True
        return False
