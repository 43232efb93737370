"""What approved applications for a file come to: the files with their numbers, any number at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import events
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.orgs import queries as orgs
from nuanxin.records import services as records

from ..events import FilesOpened
from ..models import FILED, Application, File


def class_filed(row: Application) -> str | None:
    """The class the file is opened with, None when the assessment opens none."""
    clazz = row.assessment.result if row.assessment else ""
    return clazz if clazz in FILED else None


def not_filed() -> Refused:
    """That the assessment opens no file."""
    return Refused(_("认定结论不属于建档类别，不能批准建档。"), code="not_filed_class")


def file_open() -> Refused:
    """That the household has a live file."""
    return Refused(_("该家庭已有在档档案（一户一档），不能重复建档。"), code="file_open")


def already_filed(rows: Sequence[Application]) -> set[int]:
    """The applications whose household has a live file."""
    homes = [row.household_id for row in rows if row.household_id]
    live = File.objects.filter(among(homes, "household"), state="open")
    filed = set(live.values_list("household_id", flat=True))
    return {row.pk for row in rows if row.household_id in filed}


def open_files(rows: Sequence[Application], day: date) -> list[File]:
    """A file for each application, in the class its assessment opens; Refused, all of them, when a
    household has a live one. The number of statements does not grow with the number of files.
    """
    homes = [row.household_id for row in rows if row.household_id]
    closed = File.objects.filter(among(homes, "household"), state="closed")
    before = set(closed.values_list("household_id", flat=True))
    numbers = _numbers(rows, day)
    files = [
        File(
            org_id=row.org_id,
            number=numbers[row.pk],
            household_id=row.household_id,
            application=row,
            clazz=class_filed(row),
            opened_on=day,
            reopened=row.household_id in before,
        )
        for row in rows
    ]
    try:
        with transaction.atomic():
            File.objects.bulk_create(files)
    except IntegrityError as error:
        if "file_one_live" not in str(error):
            raise
        raise file_open() from error
    records.note_each("file.open", subjects={file: {"application": file.application_id} for file in files})
    events.publish(FilesOpened(files=tuple(file.pk for file in files)))
    return files


def _numbers(rows: Sequence[Application], day: date) -> dict[int, str]:
    """Division, year and running number, as 533422-2022-000182: of the county each file belongs to."""
    counties = orgs.counties_of({str(row.org_id) for row in rows})
    by_division: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        county = counties[str(row.org_id)]
        by_division[county.division or county.code].append(row.pk)
    found: dict[int, str] = {}
    for division, mine in sorted(by_division.items()):
        numbers = records.next_numbers(f"file.{division}.{day.year}", len(mine))
        found |= {pk: f"{division}-{day.year}-{number:06d}" for pk, number in zip(mine, numbers, strict=True)}
    return found
