"""`manage.py verify_audit`: recompute the chains of the audit trail."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.records import queries as records


class Command(BaseCommand):
    help = "Checks that no line of the audit trail was changed or taken out; fails when one was."

    def handle(self, *args: Any, **options: Any) -> None:
        with scope.acting(system()):
            lines = records.entries().count()
            breaks = records.verify_chains()
        for gap in breaks:
            self.stderr.write(f"chain {gap.chain}, line {gap.number}: {gap.why}")
        if breaks:
            raise CommandError("the audit trail does not hold at the places above")
        self.stdout.write(f"{lines:,} lines checked: the audit trail is whole")
