"""The search box: files by their number, and the newest file of families found otherwise."""

import re
from collections.abc import Sequence

from nuanxin.kernel.sets import among, begins
from nuanxin.kernel.text import squeeze

from ..models import File

#: The most files that are found, and one more, to tell that there are more.
MOST = 20
#: A file number from its beginning: at least the county and the year, so that few begin so.
_NUMBER = re.compile(r"[0-9A-Z]+-[0-9]{4}(-[0-9]*)?")


def is_file_number(text: str) -> bool:
    """Whether a text is a file number or its beginning, with the county and the year."""
    return _NUMBER.fullmatch(squeeze(text).upper()) is not None


def files_numbered(text: str) -> list[File]:
    """The files in scope whose number begins so, at most one more than MOST."""
    number = squeeze(text).upper()
    rows = File.objects.select_related("household__head", "org").filter(begins("number", number))
    return list(rows.order_by("number")[: MOST + 1])


def newest_files(households: Sequence[int]) -> list[File]:
    """The newest file of each household that has any, in the order of the households."""
    rows = File.objects.select_related("household__head", "org").filter(among(households, "household"))
    newest = rows.order_by("household", "-id").distinct("household")
    return sorted(newest, key=lambda file: households.index(file.household_id))
