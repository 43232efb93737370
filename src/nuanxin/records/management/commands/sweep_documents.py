"""`manage.py sweep_documents`: delete stored bytes that no document refers to; for a nightly timer."""

from typing import Any

from django.core.management.base import BaseCommand

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.records.documents import sweep


class Command(BaseCommand):
    help = "Deletes files of removed documents and of broken-off uploads, older than a day."

    def handle(self, *args: Any, **options: Any) -> None:
        with scope.acting(system()):
            gone = sweep()
        self.stdout.write(f"{gone} files deleted")
