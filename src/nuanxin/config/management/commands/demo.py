"""`manage.py demo`: fill an empty database with the invented province and its families."""

import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from nuanxin.config.demo import demo_accounts_text, story
from nuanxin.orgs.models import Node


class Command(BaseCommand):
    help = "Makes the demo data; refused where there are organisations already."

    def handle(self, *args: Any, **options: Any) -> None:
        if Node.objects.exists():
            raise CommandError("The database has organisations already: demo data go into an empty one only.")
        begun = time.monotonic()
        call_command("settle")
        story.tell(lambda line: self.stdout.write(f"  {time.monotonic() - begun:5.1f} s  {line}"))
        self.stdout.write(demo_accounts_text())
