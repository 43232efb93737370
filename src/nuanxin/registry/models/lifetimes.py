"""What holds of a household or person for a time: circumstances and consents."""

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.history import tracked
from nuanxin.orgs.models import Scoped

from .people import Household, Person


class _Period(Func):
    """The days from `since` until before `until`."""

    function = "daterange"


class CircumstanceQuerySet(models.QuerySet["Circumstance"]):
    def counting(self) -> "CircumstanceQuerySet":
        """Those no correction has replaced."""
        return self.filter(replaced__isnull=True)

    def of(self, subject: Household | Person) -> "CircumstanceQuerySet":
        """The periods of a household's own facts, or of a person's, wherever the person lived."""
        if isinstance(subject, Person):
            return self.filter(person=subject)
        return self.filter(household=subject, person__isnull=True)

    def on(self, day: date) -> "CircumstanceQuerySet":
        """The periods that the day lies in."""
        return self.counting().filter(Q(until__isnull=True) | Q(until__gt=day), since__lte=day)


class Circumstance(Scoped):
    """What one fact was from a day until before another, who said so, and by what evidence.

    The column of the household or person holds the value of today; the periods begin with the first
    change, so a fact without any has always been what its column says. `value` is what the column would
    hold, as JSON: money in whole fen, dates as ISO text, null for unknown. The database lets a row be
    closed once (`until`) and, when the past is corrected, be marked as replaced once; nothing else of it
    ever changes. The rows not replaced follow each other without a gap.
    """

    class Source(models.TextChoices):
        DECLARED = "declared", _("本人申报")
        VISITED = "visited", _("入户核实")
        DEPARTMENT = "department", _("部门数据")
        ROSTER = "roster", _("花名册")

    household = models.ForeignKey(Household, models.PROTECT, related_name="circumstances")
    #: Whose fact it is; the household's own when empty.
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="circumstances")
    fact = models.CharField(max_length=32)
    value = models.JSONField(null=True)
    since = models.DateField()
    until = models.DateField(null=True)
    source = models.CharField(max_length=12, choices=Source.choices)
    evidence = models.ForeignKey("records.Attachment", models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    #: When other periods took the place of this one, because the past was corrected.
    replaced = models.DateTimeField(null=True)

    objects = CircumstanceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="circumstance_period"
            ),
            ExclusionConstraint(
                name="circumstance_no_overlap",
                expressions=[
                    ("household", RangeOperators.EQUAL),
                    (Coalesce("person", 0), RangeOperators.EQUAL),
                    ("fact", RangeOperators.EQUAL),
                    (_Period("since", "until", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=Q(replaced__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["household", "fact", "-since"], name="circumstance_household"),
            models.Index(
                fields=["person", "fact"], name="circumstance_person", condition=Q(person__isnull=False)
            ),
        ]


@tracked
class Consent(Scoped):
    """What a person, or a child's guardian, agreed to and until when."""

    class Kind(models.TextChoices):
        CHECK = "check", _("家庭经济状况核查")
        SENSITIVE = "sensitive", _("敏感个人信息处理")
        CHILD = "child", _("未成年人信息处理（监护人）")
        LOCATION = "location", _("走访定位与拍照")

    household = models.ForeignKey(Household, models.PROTECT, related_name="consents")
    person = models.ForeignKey(Person, models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=12, choices=Kind.choices, verbose_name=_("授权事项"))
    #: Who signed for a child.
    guardian = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    given_on = models.DateField(verbose_name=_("签字日期"))
    until = models.DateField(null=True, verbose_name=_("有效期至"))
    withdrawn_on = models.DateField(null=True, verbose_name=_("撤回日期"))
    evidence = models.ForeignKey("records.Attachment", models.PROTECT, null=True, related_name="+")
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("given_on")), name="consent_period"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gte=F("given_on")),
                name="consent_withdrawn_later",
            ),
            models.UniqueConstraint(
                fields=["person", "kind"], condition=Q(withdrawn_on__isnull=True), name="consent_once"
            ),
        ]
        indexes = [models.Index(fields=["household", "kind"], name="consent_household")]
