"""Returns: the two statistics tables by unit and period, cell by cell."""

from datetime import date, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.orgs.models import Scoped

from . import flow


class Return(Scoped):
    """One unit's table for a half-open period; a correction is a new version."""

    form = models.CharField(max_length=32)
    starts_on = models.DateField(verbose_name=_("统计期开始"))
    ends_on = models.DateField(verbose_name=_("统计期结束（不含）"))
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=12, choices=flow.RETURN.choices, default=flow.RETURN.initial)
    due_on = models.DateField(null=True, verbose_name=_("上报截止"))
    process = models.ForeignKey("approvals.Process", models.PROTECT, null=True, related_name="+")
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    rolled_up = models.BooleanField(default=False, verbose_name=_("由下级汇总"))
    returned_because = models.TextField(blank=True)
    explanation = models.TextField(blank=True, verbose_name=_("校验不符的说明"))
    derived_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "form", "starts_on", "ends_on", "version"], name="return_version"
            ),
            models.UniqueConstraint(
                fields=["org", "form", "starts_on", "ends_on"],
                condition=~Q(state="superseded"),
                name="return_one_live",
            ),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="return_period"),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(returned_because=""), name="return_reason"
            ),
        ]
        indexes = [models.Index(fields=["org", "form", "starts_on"], name="return_org_form")]
        triggers = [flow.RETURN.guard_trigger()]

    @property
    def last_day(self) -> date:
        """The last day the period covers; `ends_on` is the day after."""
        return self.ends_on - timedelta(days=1)


class Cell(Scoped):
    """One figure of a return: a count, or an amount in fen; null where there are no records to fill it."""

    report = models.ForeignKey(Return, models.CASCADE, related_name="cells")
    code = models.CharField(max_length=64)
    value = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "code"], name="cell_once")]
