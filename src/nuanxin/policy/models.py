"""Policy packs and dated standards as the database keeps them."""

from functools import lru_cache

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.history import tracked
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import OrgField, Scoped

from . import flow, programme_reading, programmes
from .engine import pack as checked
from .engine.reading import load
from .engine.writing import write_number


def _whole_tree() -> Coalesce:
    """The place as a key: rows for the whole tree carry no organisation."""
    return Coalesce(F("org"), Value(""))


def _hash_of_text() -> Func:
    """The SHA-256 of the column `text`, in hexadecimal, as PostgreSQL computes it."""
    template = "encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
    return Func(F("text"), template=template, output_field=models.CharField())


class Pack(models.Model):
    """A policy pack as it was loaded, byte for byte. `org` empty: it holds for the whole tree.

    Never changed or deleted (a trigger sees to it), so that a decision can be reproduced from the hash
    kept with it. Of the versions of one code the highest that covers a day counts on that day. A person
    puts one in force through a proposal only; without one it came with the program.
    """

    code = models.CharField(max_length=40, verbose_name=_("代码"))
    version = models.PositiveIntegerField(verbose_name=_("版本"))
    programme = models.CharField(max_length=40, verbose_name=_("项目"))
    org = OrgField(null=True, verbose_name=_("适用地区"))
    valid = DateRangeField(verbose_name=_("有效期"))
    text = models.TextField()
    sha256 = models.CharField(max_length=64, unique=True)
    loaded = models.DateTimeField(auto_now_add=True, verbose_name=_("启用时间"))
    proposal = models.OneToOneField("PackProposal", models.PROTECT, null=True, related_name="pack")

    class Meta:
        ordering = ["programme", "code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="pack_version_once"),
            ExclusionConstraint(
                name="pack_one_code_at_a_time",
                expressions=[
                    ("programme", RangeOperators.EQUAL),
                    (_whole_tree(), RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                    ("code", RangeOperators.NOT_EQUAL),
                ],
            ),
            models.CheckConstraint(condition=Q(valid__isempty=False), name="pack_some_time"),
            models.CheckConstraint(condition=Q(sha256=_hash_of_text()), name="pack_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"

    def checked(self) -> checked.Pack:
        """The pack ready to run."""
        return _checked(self.text, str(self))


@lru_cache(maxsize=256)
def _checked(text: str, name: str) -> checked.Pack:
    """The text of a stored pack never changes, so it is read once."""
    return load(text.encode(), name)


class ProgrammeVersion(models.Model):
    """A version of a programme as it was loaded, byte for byte. `org` empty: it holds for the whole tree.

    Never changed or deleted, like a pack, so that an application keeps the form and the way it began with.
    Each place has versions of its own; the nearest place counts, there the highest that covers the day.
    """

    code = models.CharField(max_length=40, verbose_name=_("代码"))
    version = models.PositiveIntegerField(verbose_name=_("版本"))
    org = OrgField(null=True, verbose_name=_("适用地区"))
    valid = DateRangeField(verbose_name=_("有效期"))
    text = models.TextField()
    sha256 = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=40, blank=True, db_default="")
    statistics = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    loaded = models.DateTimeField(auto_now_add=True, verbose_name=_("启用时间"))
    proposal = models.OneToOneField("ProgrammeProposal", models.PROTECT, null=True, related_name="kept")

    class Meta:
        ordering = ["code", "org", "-version"]
        constraints = [
            models.UniqueConstraint(F("code"), _whole_tree(), F("version"), name="programmeversion_once"),
            models.CheckConstraint(condition=Q(valid__isempty=False), name="programmeversion_some_time"),
            models.CheckConstraint(condition=Q(sha256=_hash_of_text()), name="programmeversion_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"

    def checked(self) -> programmes.Programme:
        """The programme ready to use; read once, for a stored text never changes."""
        return programme_reading.load(self.text.encode(), str(self))


@tracked
class Parameter(models.Model):
    """A dated standard: one figure of one place, time and residence, with the document that sets it.

    Its value never changes (a trigger sees to it), so its key refers to that value for ever. It ends
    where a successor begins; a wrong value is struck by a change that sets the right one for the same
    time, and counts no more, but stays for the decisions that were made by it.
    """

    class Residence(models.TextChoices):
        ANY = "any", _("不分城乡")
        URBAN = "urban", _("城镇")
        RURAL = "rural", _("农村")

    code = models.CharField(max_length=40, verbose_name=_("代码"))
    name = models.CharField(max_length=60, verbose_name=_("名称"))
    name_en = models.CharField(max_length=80)
    org = OrgField(null=True, verbose_name=_("适用地区"))
    residence = models.CharField(
        max_length=8, choices=Residence.choices, default=Residence.ANY, verbose_name=_("城乡")
    )
    valid = DateRangeField(verbose_name=_("有效期"))
    amount: MoneyField[Money | None, Money | None] = MoneyField(null=True, verbose_name=_("金额"))
    number = models.DecimalField(max_digits=12, decimal_places=6, null=True, verbose_name=_("数值"))
    document = models.CharField(max_length=200, verbose_name=_("依据文件"))
    document_en = models.CharField(max_length=300)
    change = models.ForeignKey("StandardsChange", models.PROTECT, null=True, related_name="set_rows")
    struck_by = models.ForeignKey("StandardsChange", models.PROTECT, null=True, related_name="struck_rows")

    class Meta:
        ordering = ["code", "org", "residence", "-valid"]
        constraints = [
            ExclusionConstraint(
                name="parameter_no_overlap",
                expressions=[
                    ("code", RangeOperators.EQUAL),
                    (_whole_tree(), RangeOperators.EQUAL),
                    ("residence", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
                condition=Q(struck_by__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True, number__isnull=False)
                | Q(amount__isnull=False, number__isnull=True),
                name="parameter_one_value",
            ),
            models.CheckConstraint(condition=Q(valid__isempty=False), name="parameter_some_time"),
        ]

    def __str__(self) -> str:
        return self.local_name

    @property
    def local_name(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") else self.name

    @property
    def local_document(self) -> str:
        return self.document_en if (get_language() or "").startswith("en") else self.document

    @property
    def plain_number(self) -> str:
        """The number without trailing zeros: '5'."""
        return "" if self.number is None else write_number(self.number)


class Proposed(Scoped):
    """What one person of a federation proposes and another puts in force.

    `maker` is who submitted it last (before that, who began it); `approver` who put it in force.
    """

    state = models.CharField(max_length=12, choices=flow.STATES, default="draft", verbose_name=_("状态"))
    process = models.ForeignKey("approvals.Process", models.PROTECT, null=True, related_name="+")
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+", verbose_name=_("经办人"))
    approver = models.ForeignKey(
        "orgs.Staff", models.PROTECT, null=True, related_name="+", verbose_name=_("批准人")
    )
    returned_because = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True, verbose_name=_("起草时间"))
    submitted_at = models.DateTimeField(null=True, verbose_name=_("提交时间"))
    decided_at = models.DateTimeField(null=True, verbose_name=_("批准时间"))

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=~Q(approver=F("maker")), name="%(class)s_two_people"),
            models.CheckConstraint(
                condition=Q(
                    state="in_force", approver__isnull=False, process__isnull=False, decided_at__isnull=False
                )
                | (~Q(state="in_force") & Q(approver__isnull=True, decided_at__isnull=True)),
                name="%(class)s_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(returned_because=""), name="%(class)s_return_reason"
            ),
        ]
        indexes = [models.Index(fields=["org", "-id"], name="%(class)s_org")]

    @property
    def is_open(self) -> bool:
        """It may still be changed."""
        return self.state in flow.OPEN


class PackProposal(Proposed):
    """The text of a pack on its way into force. A draft may be faulty; then what its head says is empty."""

    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    code = models.CharField(max_length=40, blank=True, verbose_name=_("代码"))
    version = models.PositiveIntegerField(null=True, verbose_name=_("版本"))
    programme = models.CharField(max_length=40, blank=True, verbose_name=_("项目"))
    title = models.TextField(blank=True, verbose_name=_("名称"))
    title_en = models.TextField(blank=True)
    place = models.CharField(max_length=24, blank=True, verbose_name=_("适用地区"))
    valid_from = models.DateField(null=True, verbose_name=_("施行日期"))
    valid_to = models.DateField(null=True)

    class Meta(Proposed.Meta):
        constraints = [
            *Proposed.Meta.constraints,
            models.CheckConstraint(condition=Q(sha256=_hash_of_text()), name="packproposal_hash"),
            models.CheckConstraint(
                condition=~Q(state__in=["submitted", "in_force"])
                | (
                    Q(version__isnull=False, valid_from__isnull=False, submitted_at__isnull=False)
                    & ~Q(code="")
                    & ~Q(programme="")
                    & ~Q(place="")
                ),
                name="packproposal_whole",
            ),
        ]
        triggers = [flow.PROPOSAL.guard_trigger()]

    def __str__(self) -> str:
        return self.local_title or str(_("未命名的草稿"))

    @property
    def local_title(self) -> str:
        return self.title_en if (get_language() or "").startswith("en") else self.title


class ProgrammeProposal(Proposed):
    """The text of a programme on its way into force. A draft may be faulty; then its head is empty."""

    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    code = models.CharField(max_length=40, blank=True, verbose_name=_("代码"))
    version = models.PositiveIntegerField(null=True, verbose_name=_("版本"))
    title = models.TextField(blank=True, verbose_name=_("名称"))
    title_en = models.TextField(blank=True)
    place = models.CharField(max_length=24, blank=True, verbose_name=_("适用地区"))
    valid_from = models.DateField(null=True, verbose_name=_("施行日期"))
    valid_to = models.DateField(null=True)

    class Meta(Proposed.Meta):
        constraints = [
            *Proposed.Meta.constraints,
            models.CheckConstraint(condition=Q(sha256=_hash_of_text()), name="programmeproposal_hash"),
            models.CheckConstraint(
                condition=~Q(state__in=["submitted", "in_force"])
                | (
                    Q(version__isnull=False, valid_from__isnull=False, submitted_at__isnull=False)
                    & ~Q(code="")
                    & ~Q(place="")
                ),
                name="programmeproposal_whole",
            ),
        ]
        triggers = [flow.PROGRAMME.guard_trigger()]

    def __str__(self) -> str:
        return self.local_title or str(_("未命名的草稿"))

    @property
    def local_title(self) -> str:
        return self.title_en if (get_language() or "").startswith("en") else self.title


class StandardsChange(Proposed):
    """New values of one standard for a time, or (`correction`) right values in place of wrong ones.

    `entries` are the rows as typed: dicts of row (number in the uploaded table), place, residence and
    value, all text, so that a draft keeps what is wrong as well. `before` are the values they took the
    place of, kept when the change came into force, by the number of the entry.
    """

    code = models.CharField(max_length=40, verbose_name=_("代码"))
    name = models.CharField(max_length=60, verbose_name=_("名称"))
    name_en = models.CharField(max_length=80)
    document = models.CharField(max_length=120, verbose_name=_("依据文件"))
    document_en = models.CharField(max_length=200, blank=True, verbose_name=_("文件英文名称"))
    document_number = models.CharField(max_length=40, blank=True, verbose_name=_("文号"))
    document_date = models.DateField(verbose_name=_("发文日期"))
    valid_from = models.DateField(verbose_name=_("施行日期"))
    valid_to = models.DateField(null=True, blank=True, verbose_name=_("截止日期"))
    correction = models.BooleanField(default=False, verbose_name=_("更正"))
    entries = models.JSONField(default=list)
    before = models.JSONField(default=dict)

    class Meta(Proposed.Meta):
        constraints = [
            *Proposed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="standardschange_period",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["submitted", "in_force"])
                | (~Q(entries=[]) & Q(submitted_at__isnull=False)),
                name="standardschange_whole",
            ),
        ]
        triggers = [flow.CHANGE.guard_trigger()]

    def __str__(self) -> str:
        return self.local_name

    @property
    def local_name(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") else self.name

    @property
    def full_document(self) -> str:
        """The Chinese name of the document with its number and date."""
        return f"{self.document}（{'，'.join(self._document_marks())}）"

    @property
    def full_document_en(self) -> str:
        return f"{self.document_en or self.document} ({', '.join(self._document_marks())})"

    def _document_marks(self) -> list[str]:
        return [mark for mark in (self.document_number, self.document_date.isoformat()) if mark]
