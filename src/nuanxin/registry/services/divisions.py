"""Administrative divisions (GB/T 2260): loaded from the data file, found by code or name."""

from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from nuanxin.kernel.pinyin import pinyin_key
from nuanxin.registry.models import Division

from .divisions_zh import GROUPS

DATA = Path(__file__).resolve().parents[1] / "codes" / "divisions.tsv"


@transaction.atomic
def load_divisions() -> int:
    """Bring the table up to the data file; the number of divisions. Nothing is done when it is already."""
    rows = list(_rows())
    newest = max(edition for _code, _name, edition in rows)
    kept = Division.objects.filter(edition=newest, abolished=False).count(), Division.objects.count()
    if kept == (sum(edition == newest for _code, _name, edition in rows), len(rows)):
        return len(rows)
    names = {code: name for code, name, _edition in rows}
    Division.objects.bulk_create(
        [
            Division(
                code=code,
                name=name,
                pinyin=pinyin_key(name)[:120],
                full_name=_full(code, names),
                edition=edition,
                abolished=edition != newest,
            )
            for code, name, edition in rows
        ],
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "pinyin", "full_name", "edition", "abolished"],
    )
    return len(rows)


def _rows() -> Iterator[tuple[str, str, str]]:
    for line in DATA.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, name, edition = line.split("\t")
            yield code, name, edition


def _full(code: str, names: dict[str, str]) -> str:
    """Province, city and county, without the groups that only hold a place in the code."""
    chain = dict.fromkeys([code[:2] + "0000", code[:4] + "00", code])
    found = [names[part] for part in chain if part in names]
    return "".join(name for name in found if name not in GROUPS)
