"""`manage.py reproduce`: make kept determinations again and say where they come out otherwise."""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils.translation import override

from nuanxin.casework import determination
from nuanxin.casework.models import Assessment, Award, Omission
from nuanxin.casework.web.explained import Line, Sheet, sheet
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system

KINDS: dict[str, QuerySet[Any]] = {
    "assessment": Assessment.objects.all(),
    "award": Award.objects.select_related("aid_list"),
    "omission": Omission.objects.select_related("aid_list"),
}
_DAY = {"assessment": "as_of"}
_SIGNS = {"yes": "✓", "no": "✗", "open": "?"}


class Command(BaseCommand):
    help = (
        "Makes determinations again from what was kept with them: the pack by its hash, the facts, the"
        " standards. Fails when one comes out otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=KINDS)
        parser.add_argument("keys", nargs="*", type=int, help="keys of the records")
        parser.add_argument("--all", action="store_true", help="every record of the kind")
        parser.add_argument(
            "--since", type=date.fromisoformat, help="with --all: determined as of this day on"
        )
        parser.add_argument("--print", choices=["zh", "en"], dest="language", help="the explanation as well")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["keys"]) == options["all"]:
            raise CommandError("name the records, or all of them with --all")
        made = differing = 0
        with scope.acting(system()):
            for row in self.chosen(**options):
                made += 1
                differing += not self.same(options["kind"], row)
                if options["language"]:
                    self.tell(row, options["language"])
        if options["keys"] and made < len(set(options["keys"])):
            raise CommandError(f"{len(set(options['keys'])) - made} of the records do not exist")
        if differing:
            raise CommandError(f"{differing:,} of {made:,} determinations come out otherwise")
        self.stdout.write(f"{made:,} made again: all the same")

    def chosen(self, *, kind: str, keys: list[int], since: date | None, **_: Any) -> Iterator[Any]:
        """The records one after the other, however many there are."""
        rows = KINDS[kind].order_by("pk")
        if keys:
            rows = rows.filter(pk__in=keys)
        if since:
            rows = rows.filter(**{f"{_DAY.get(kind, 'aid_list__as_of')}__gte": since})
        return rows.iterator(chunk_size=2000)

    def same(self, kind: str, row: Any) -> bool:
        """Make one again; each value that differs is named, as it was kept and as it is now."""
        try:
            found = determination.differences(row)
        except ObjectDoesNotExist:
            found = [("pack", row.pack_hash, "not loaded here")]
        for name, kept, again in found:
            self.stderr.write(f"{kind} {row.pk}: {name}: kept {kept}, made again {again}")
        return not found

    def tell(self, row: Any, language: str) -> None:
        with override("zh-hans" if language == "zh" else "en"):
            for line in written(sheet(determination.explanation_of(row))):
                self.stdout.write(line)


def written(page: Sheet) -> Iterator[str]:
    """A sheet as lines of plain text."""
    yield f"{page.title} · {page.document} · {page.pack} · {page.digest}"
    yield f"{page.day}  {page.result}: {page.sentence}"
    for line in [*page.decisions, *page.exclusions]:
        yield _clause(line)
    for award in page.awards:
        yield f"  = {award.title}: {award.because} ({award.how})"
        yield from (f"    {cap.text}" for cap in award.caps if cap.bit)
    lists = [(label, "; ".join(rows)) for label, rows in page.lists]
    for label, figure in [*page.figures, *page.facts, *lists]:
        yield f"    {label}: {figure}"
    for used in page.standards:
        yield f"    {used.title}: {used.figure}  {used.place} {used.period} {used.source}".rstrip()


def _clause(line: Line) -> str:
    how = f" ({line.how})" if line.how else ""
    return f"  {_SIGNS[line.met]} {line.text}{how}  {line.source}".rstrip()
