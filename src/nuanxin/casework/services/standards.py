"""The standards a file meets, side by side and over time: national, provincial, city, county, grassroots.

Which there are at a place, and by which expression of the filing pack each is met, the programme of filing
says; what the family comes to, the assessment its class rests on.
"""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.sets import among
from nuanxin.policy import queries as policy
from nuanxin.policy.programmes import Programme

from ..models import FILING, Assessment, File, FileStandard


@transaction.atomic
def renew_standards(*, files: Iterable[int], because: str) -> int:
    """Begin the standards open files meet now and end those they no longer meet; how many changed.

    A standard begun today that is no longer met was never kept, so it goes.
    """
    today = timezone.localdate()
    rows = File.objects.filter(among(sorted(files)), state="open").select_related(
        "assessment", "application__assessment"
    )
    places = {row.org_id for row in rows}
    offered = {place: policy.programme_in_force(FILING, str(place), today) for place in places}
    met = {row.pk: (row, _met(row, offered[row.org_id])) for row in rows}
    held = FileStandard.objects.filter(among(met, "file"), until__isnull=True)
    changed = 0
    for standard in held.select_for_update(of=("self",)):
        wanted = met[standard.file_id][1]
        if standard.standard in wanted:
            wanted.discard(standard.standard)
        else:
            changed += _end(standard, today)
    begun = [
        FileStandard(
            org_id=row.org_id,
            file=row,
            standard=code,
            since=today,
            assessment=row.basis,
            because=because[:200],
            staff_id=scope.current().staff_id,
        )
        for row, wanted in met.values()
        for code in sorted(wanted)
    ]
    FileStandard.objects.bulk_create(begun)
    return changed + len(begun)


def _met(row: File, programme: Programme | None) -> set[str]:
    """The standards of the place that the file's determination meets."""
    if programme is None:
        return set()
    return {filed.code for filed in programme.standards if not filed.when or _holds(row.basis, filed.when)}


def _holds(basis: Assessment | None, expression: str) -> bool:
    return basis is not None and basis.outcome.get("values", {}).get(expression) is True


def _end(standard: FileStandard, today: date) -> int:
    if standard.since == today:
        standard.delete()
    else:
        standard.until = today
        standard.save(update_fields=["until"])
    return 1


@transaction.atomic
def end_standards(*, file: int) -> None:
    """A file that was closed meets no standard any more."""
    today = timezone.localdate()
    for standard in FileStandard.objects.filter(file=file, until__isnull=True):
        _end(standard, today)
