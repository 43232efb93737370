"""`manage.py rotatekeys`: bring every sealed value under the current key, while the program runs."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from nuanxin.kernel import rotation, scope, sealing
from nuanxin.kernel.actor import system


class Command(BaseCommand):
    help = "Seals every value under the current key and cipher; may be stopped, and goes on where it was."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--batch", type=int, default=rotation.BATCH, help="rows in one transaction")
        parser.add_argument("--dry-run", action="store_true", help="only count what is to be done")
        parser.add_argument("--defer", action="store_true", help="let the worker do it")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            return self._count()
        if options["defer"]:
            from nuanxin.config.jobs import rotate_keys

            rotate_keys.defer(batch=options["batch"])
            self.stdout.write("handed to the worker; `manage.py keys` tells how far it is")
            return None
        done: dict[str, int] = {}
        start = time.monotonic()
        for sealed, rows in rotation.rotate(options["batch"]):
            done[sealed.table] = done.get(sealed.table, 0) + rows
            self.stdout.write(f"{sealed.table:28} {done[sealed.table]:>12,} rows")
        seconds, total = time.monotonic() - start, sum(done.values())
        self.stdout.write(f"{total:,} rows in {seconds:.1f} s")
        return None

    def _count(self) -> None:
        begin = tuple(sealing.header())
        with scope.acting(system()):
            found = rotation.counts()
        waiting = sum(count.values for count in found if (count.cipher, count.key_id) != begin)
        self.stdout.write(f"{waiting:,} values to seal under key {begin[1]}")
