"""Writes: loading packs and standards from files, and setting standards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Node
from nuanxin.records import services as records

from .engine.pack import Pack as CheckedPack
from .engine.reading import load_file
from .engine.situations import prove
from .engine.tables import StandardFile, load_standards
from .models import Pack, Parameter
from .permissions import SET_STANDARD

WHOLE_TREE = "all"  # the place of packs and standards that hold everywhere


@transaction.atomic
def load_packs(*, folder: Path | None = None) -> list[Pack]:
    """Check and keep every pack (*.yaml) and table of standards (standards/*.yaml) of a folder.

    Safe to repeat; gives the packs that are new. PackError (file, line, column, reason) when one is
    wrong or fails one of its situations; Refused when a version that is already kept reads differently.
    """
    root = folder or settings.PACKS
    for file in sorted(root.glob("standards/*.yaml")):
        _keep_standards(load_standards(file))
    found = [load_file(file) for file in sorted(root.glob("*.yaml"))]
    for pack in found:
        prove(pack)
    return [kept for pack in found if (kept := _keep(pack))]


def _keep(pack: CheckedPack) -> Pack | None:
    """The stored pack, or None when it was there already."""
    before = Pack.objects.filter(code=pack.code, version=pack.version).first()
    if before:
        if before.sha256 != pack.sha256:
            message = _("政策包 %(code)s 第 %(version)s 版已启用，内容不能再改；请提高版本号后重新载入。")
            raise Refused(message % {"code": pack.code, "version": pack.version}, code="pack_changed")
        return None
    return Pack.objects.create(
        code=pack.code,
        version=pack.version,
        programme=pack.programme,
        org_id=_path(pack.place),
        valid=DateRange(pack.valid_from, pack.valid_to),
        text=pack.text,
        sha256=pack.sha256,
    )


def _path(place: str) -> str | None:
    """The path of the organisation with this code; None stands for the whole tree."""
    if place == WHOLE_TREE:
        return None
    path = Node.objects.filter(code=place).values_list("path", flat=True).first()
    if path is None:
        raise Refused(_("没有代码为 %(code)s 的单位。") % {"code": place}, code="no_place")
    return path


@dataclass(frozen=True, slots=True)
class NewStandard:
    """A standard to set: `amount` or `number`, at an organisation path (None: everywhere), for a time."""

    code: str
    name: str
    name_en: str
    place: str | None
    valid_from: date
    document: str
    document_en: str
    amount: Money | None = None
    number: Decimal | None = None
    residence: str = Parameter.Residence.ANY
    valid_to: date | None = None

    def row(self) -> Parameter:
        return Parameter(
            code=self.code,
            name=self.name,
            name_en=self.name_en,
            org_id=self.place,
            residence=self.residence,
            valid=DateRange(self.valid_from, self.valid_to),
            amount=self.amount,
            number=self.number,
            document=self.document,
            document_en=self.document_en,
        )


@transaction.atomic
def set_standards(*, standards: Sequence[NewStandard]) -> list[Parameter]:
    """Set standards, many at once. A row without end gives way from the day the new one begins.

    Refused when a new row overlaps one that has an end, or begins where one begins already.
    """
    actor = scope.current()
    actor.require(SET_STANDARD)
    for standard in standards:
        if not (standard.place or "").startswith(actor.org_path):
            raise Refused(_("只能设定本单位及下级单位的标准。"), code="out_of_scope", field="place")
    made = _write(standards)
    if made and actor.org_path:
        detail = {"count": len(made), "codes": sorted({row.code for row in made})}
        records.note("policy.standards.set", detail=detail)
    return made


def _write(standards: Sequence[NewStandard]) -> list[Parameter]:
    try:
        with transaction.atomic():
            _end_earlier(standards)
            return Parameter.objects.bulk_create([standard.row() for standard in standards])
    except IntegrityError as error:
        if "parameter_no_overlap" not in str(error):
            raise
        message = _("同一地区、同一城乡类别的标准在时间上重叠，请核对起止日期。")
        raise Refused(message, code="overlap", field="valid_from") from None


def _end_earlier(standards: Sequence[NewStandard]) -> None:
    """Rows without end that began before a new one of the same place end where it begins."""
    begins = {(new.code, new.place, new.residence): new.valid_from for new in standards}
    open_rows = Parameter.objects.filter(
        code__in={new.code for new in standards}, valid__upper_inf=True
    ).select_for_update(of=("self",))
    ended = []
    for row in open_rows:
        begin = begins.get((row.code, row.org_id, row.residence))
        if begin and row.valid.lower < begin:
            row.valid = DateRange(row.valid.lower, begin)
            ended.append(row)
    Parameter.objects.bulk_update(ended, ["valid"])


def _keep_standards(file: StandardFile) -> None:
    """Rows of a file are starting values: where somebody has set the standard already, that stays."""
    new = [
        NewStandard(
            code=row.code,
            name=row.title.zh,
            name_en=row.title.en,
            place=_path(row.place),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            document=file.source.document.zh,
            document_en=file.source.document.en,
            amount=Money.yuan(row.value) if row.money else None,
            number=None if row.money else row.value,
            residence=row.residence,
        )
        for row in file.rows
    ]
    held = {
        (row.code, row.org_id, row.residence)
        for row in Parameter.objects.filter(code__in={row.code for row in new})
    }
    _write([row for row in new if (row.code, row.place, row.residence) not in held])
