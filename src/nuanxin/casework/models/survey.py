"""Surveys, so that all who qualify are filed (应纳尽纳): the lists, and each household on them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.orgs.models import Scoped

from .. import flow
from .applications import Application
from .base import FILED, RESULTS


class Survey(Scoped):
    """The search at and below `org` for households without a file that may need one.

    Who is listed is computed as of a day in the order of keys: `reached` is the last household looked at,
    `until` the last one to look at. Beside those the policy would file, or nearly so, the households of
    `roster` are listed (a list somebody handed in, as of the seriously ill), and with `unknowns` those of
    whom too little is known.
    """

    title = models.CharField(max_length=80, verbose_name=_("排查名称"))
    as_of = models.DateField(verbose_name=_("认定基准日"))
    due_on = models.DateField(verbose_name=_("完成期限"))
    state = models.CharField(max_length=12, choices=flow.SURVEY.choices, default=flow.SURVEY.initial)
    roster = models.ForeignKey(
        "registry.Roster", models.PROTECT, null=True, related_name="+", verbose_name=_("另列花名册家庭")
    )
    unknowns = models.BooleanField(default=False, verbose_name=_("列入情况不全的家庭"))
    total = models.IntegerField(default=0)
    reached = models.BigIntegerField(default=0)
    until = models.BigIntegerField(default=0)
    job = models.ForeignKey("records.JobRun", models.SET_NULL, null=True, related_name="+")
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+", verbose_name=_("发起人"))
    created = models.DateTimeField(auto_now_add=True, verbose_name=_("发起日期"))
    closed_on = models.DateField(null=True, verbose_name=_("结束日期"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org"], condition=Q(state="open"), name="survey_one_open"),
            models.CheckConstraint(condition=~Q(title=""), name="survey_title"),
            models.CheckConstraint(condition=Q(due_on__gte=F("as_of")), name="survey_days"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_on__isnull=False)
                | (~Q(state="closed") & Q(closed_on__isnull=True)),
                name="survey_closed",
            ),
        ]
        indexes = [models.Index(fields=["org", "-id"], name="survey_org")]
        triggers = [flow.SURVEY.guard_trigger()]

    def __str__(self) -> str:
        return self.title

    @property
    def computed(self) -> bool:
        """Whether every household was looked at."""
        return self.reached >= self.until


class Surveyed(Scoped):
    """A household on a survey's list, and what the officer who went there found.

    `kind` says why it is listed: the policy files it on what is known; it is so near that the policy would
    file it, as `near`, with a little less income; it stands on the roster named; or facts are `missing` that
    decide. `result` and `per_head` (yuan a month) are what the policy came to, `line` the local living
    allowance (yuan a month), `facts_at` the household's state that was looked at. A household is on one
    list at a time while nobody has answered.
    """

    class Kind(models.TextChoices):
        QUALIFIES = "qualifies", _("符合条件")
        BORDERLINE = "borderline", _("接近标准")
        NAMED = "named", _("花名册家庭")
        UNKNOWN = "unknown", _("待补情况")

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="households", db_index=False)
    household = models.ForeignKey(
        "registry.Household", models.PROTECT, related_name="surveyed", db_index=False
    )
    kind = models.CharField(max_length=12, choices=Kind.choices, verbose_name=_("列入原因"))
    state = models.CharField(max_length=12, choices=flow.SURVEYED.choices, default=flow.SURVEYED.initial)
    result = models.CharField(max_length=16, choices=RESULTS, verbose_name=_("预计结论"))
    near = models.CharField(max_length=16, choices=RESULTS, blank=True)
    per_head = models.DecimalField(max_digits=14, decimal_places=2, null=True, verbose_name=_("月人均（元）"))
    line = models.DecimalField(max_digits=14, decimal_places=2, null=True, verbose_name=_("当地低保标准"))
    missing = ArrayField(models.TextField(), default=list)
    pack_hash = models.CharField(max_length=64)
    facts_at = models.DateTimeField()
    officer = models.ForeignKey(
        "orgs.Staff", models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("走访人")
    )
    reason = models.TextField(blank=True, verbose_name=_("情况说明"))
    answered_on = models.DateField(null=True, verbose_name=_("答复日期"))
    answered_by = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+", db_index=False)
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, related_name="surveyed", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["survey", "household"], name="surveyed_once"),
            models.UniqueConstraint(
                fields=["household"], condition=Q(state="open"), name="surveyed_one_list"
            ),
            models.CheckConstraint(
                condition=Q(kind="qualifies", result__in=FILED, near="")
                | Q(kind="borderline", result="none", near__in=FILED)
                | Q(kind="named", result__in=["none", "excluded", "unknown"], near="")
                | Q(kind="unknown", result="unknown", near=""),
                name="surveyed_kind",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "lapsed"], answered_on__isnull=True)
                | Q(state="applied", answered_on__isnull=False, application__isnull=False)
                | (Q(state__in=["declined", "clear", "absent"], answered_on__isnull=False) & ~Q(reason="")),
                name="surveyed_answered",
            ),
        ]
        indexes = [
            models.Index(fields=["survey", "org", "state"], name="surveyed_org_state"),
            models.Index(fields=["household", "-id"], name="surveyed_household"),
            models.Index(fields=["officer"], condition=Q(state="open"), name="surveyed_officer"),
        ]
        triggers = [flow.SURVEYED.guard_trigger()]
