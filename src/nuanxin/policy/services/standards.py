"""Setting standards: the one place where rows of Parameter are written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused

from ..models import Parameter, StandardsChange
from ..permissions import SET_STANDARD

WHOLE_TREE = "all"  # the place of packs and standards that hold everywhere


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

    @property
    def key(self) -> tuple[str, str | None, str]:
        return self.code, self.place, self.residence

    def row(self, change: StandardsChange | None = None) -> Parameter:
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
            change=change,
        )


@transaction.atomic
def set_standards(
    *, standards: Sequence[NewStandard], change: StandardsChange | None = None
) -> list[Parameter]:
    """Set standards, many at once. A row without end gives way from the day the new one begins.

    A person sets them through a change another person approved; without one only the program itself
    may (the database holds it too). A change that is a correction strikes the row that begins on the
    same day, and the right value takes its time. Refused when a new row overlaps one that has an end,
    begins where one begins already, or corrects what is not there.
    """
    actor = scope.current()
    actor.require(SET_STANDARD)
    if change is None and actor.staff_id is not None:
        raise Refused(_("设定标准须经提交和另一人批准，请新建标准变更。"), code="needs_change")
    home = change.org_id if change else actor.org_path
    for standard in standards:
        if not (standard.place or "").startswith(home):
            raise Refused(_("只能设定本单位及下级单位的标准。"), code="out_of_scope", field="place")
    if change and change.correction:
        standards = _strike(standards, change)
    return write(standards, change)


def write(standards: Sequence[NewStandard], change: StandardsChange | None = None) -> list[Parameter]:
    """Write the rows; Refused when they overlap."""
    try:
        with transaction.atomic():
            _end_earlier(standards)
            return Parameter.objects.bulk_create([standard.row(change) for standard in standards])
    except IntegrityError as error:
        if "parameter_no_overlap" not in str(error):
            raise
        message = _(
            "同一地区、同一城乡类别的标准在时间上重叠，请核对起止日期；"
            "如果是改正同一起始日的错误数值，请作为更正提交。"
        )
        raise Refused(message, code="overlap", field="valid_from") from None


def _end_earlier(standards: Sequence[NewStandard]) -> None:
    """Rows without end that began before a new one of the same place end where it begins."""
    begins = {new.key: new.valid_from for new in standards}
    open_rows = Parameter.objects.filter(
        code__in={new.code for new in standards}, valid__upper_inf=True, struck_by__isnull=True
    ).select_for_update(of=("self",))
    ended = []
    for row in open_rows:
        begin = begins.get((row.code, row.org_id, row.residence))
        if begin and row.valid.lower < begin:
            row.valid = DateRange(row.valid.lower, begin)
            ended.append(row)
    Parameter.objects.bulk_update(ended, ["valid"])


def _strike(standards: Sequence[NewStandard], change: StandardsChange) -> list[NewStandard]:
    """Strike the rows that begin on the same day; each new row takes the time of the one it corrects."""
    day = change.valid_from
    rows = Parameter.objects.filter(code=change.code, valid__startswith=day, struck_by__isnull=True)
    wrong = {(row.code, row.org_id, row.residence): row for row in rows.select_for_update(of=("self",))}
    if any(new.key not in wrong for new in standards):
        message = _("没有从 %(day)s 起施行的数值可以更正；请核对施行日期，或取消“更正”作为新标准提交。")
        raise Refused(message % {"day": day.isoformat()}, code="nothing_to_correct", field="valid_from")
    struck = [wrong[new.key].pk for new in standards]
    Parameter.objects.filter(pk__in=struck).update(struck_by=change)
    return [replace(new, valid_from=day, valid_to=wrong[new.key].valid.upper) for new in standards]
