"""`manage.py keys`: which keys hold how many values; a new key, and the one to seal with."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from nuanxin.config import secrets
from nuanxin.kernel import rotation, scope
from nuanxin.kernel.actor import system


class Command(BaseCommand):
    help = "Counts sealed values by column and key. --add and --use write secrets.json; then restart."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--add", action="store_true", help="add a random key, not used for sealing yet")
        parser.add_argument("--use", metavar="ID", help="seal with this key from the next start on")
        parser.add_argument("--drop", metavar="ID", help="take away a key that holds no value any more")

    def handle(self, *args: Any, **options: Any) -> None:
        with scope.acting(system()):
            found = rotation.counts()
        try:
            if options["add"]:
                self.stdout.write(f"key {secrets.add_key(settings.VAR)} added; restart every process")
            if options["use"]:
                secrets.use_key(settings.VAR, options["use"])
                self.stdout.write(f"key {options['use']} seals after the next restart; then run rotatekeys")
            if options["drop"]:
                if any(str(count.key_id) == options["drop"] for count in found):
                    raise secrets.KeyProblem("this key still holds values; run rotatekeys first")
                secrets.drop_key(settings.VAR, options["drop"])
        except secrets.KeyProblem as problem:
            raise CommandError(str(problem)) from None
        for count in found:
            where = f"{count.table}.{count.column}"
            self.stdout.write(f"{where:44} cipher {count.cipher} key {count.key_id:<3} {count.values:>12,}")
