"""Policy packs and dated standards as the database keeps them."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.history import tracked
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import OrgField

from .engine import pack as checked
from .engine.reading import load
from .engine.writing import write_number


def _whole_tree() -> Coalesce:
    """The place as a key: rows for the whole tree carry no organisation."""
    return Coalesce(F("org"), Value(""))


class Pack(models.Model):
    """A policy pack as it was loaded, byte for byte. `org` empty: it holds for the whole tree.

    Never changed or deleted (a trigger sees to it), so that a decision can be reproduced from the hash
    kept with it. Of the versions of one code the highest that covers a day counts on that day.
    """

    code = models.CharField(max_length=40, verbose_name=_("代码"))
    version = models.PositiveIntegerField(verbose_name=_("版本"))
    programme = models.CharField(max_length=40, verbose_name=_("项目"))
    org = OrgField(null=True, verbose_name=_("适用地区"))
    valid = DateRangeField(verbose_name=_("有效期"))
    text = models.TextField()
    sha256 = models.CharField(max_length=64, unique=True)
    loaded = models.DateTimeField(auto_now_add=True, verbose_name=_("启用时间"))

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
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"

    def checked(self) -> checked.Pack:
        """The pack ready to run."""
        return load(self.text.encode(), str(self))


@tracked
class Parameter(models.Model):
    """A dated standard: one figure of one place, time and residence, with the document that sets it."""

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
