"""Doubles and moves: rows that may be one person, what was merged, and requests between unions."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.orgs.models import OrgField, Scoped
from nuanxin.registry import flow

from .people import Household, Person


class Likeness(Scoped):
    """Two rows that may be one person, with what speaks for and against it.

    `org` is the lowest node above both, so whoever sees both sees this. `marks` lists each comparison:
    what was compared, how it came out and its weight in bits; `weight` is their sum.
    """

    left = models.ForeignKey(Person, models.PROTECT, related_name="+")
    right = models.ForeignKey(Person, models.PROTECT, related_name="+")
    rule = models.CharField(max_length=24)
    weight = models.FloatField()
    marks = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=flow.LIKENESS.choices, default=flow.LIKENESS.initial)
    found = models.DateTimeField(auto_now_add=True)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["left", "right"], name="likeness_once"),
            models.CheckConstraint(condition=Q(left__lt=F("right")), name="likeness_in_order"),
        ]
        indexes = [models.Index(fields=["org", "state", "-weight"], name="likeness_org")]
        triggers = [flow.LIKENESS.guard_trigger()]


class Merge(Scoped):
    """One row found to be another: what was moved to the kept one, so that it can be taken back."""

    kept = models.ForeignKey(Person, models.PROTECT, related_name="+")
    gone = models.ForeignKey(Person, models.PROTECT, related_name="+")
    likeness = models.ForeignKey(Likeness, models.PROTECT, null=True, related_name="merges")
    #: What stood where: a list of [table, column, key, value before, value after]; see services.merge_steps.
    moved = models.JSONField(default=list)
    reason = models.CharField(max_length=200)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    merged = models.DateTimeField(auto_now_add=True)
    undone = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gone"], condition=Q(undone__isnull=True), name="merge_once"),
            models.CheckConstraint(condition=~Q(kept=F("gone")), name="merge_two"),
        ]


class Transfer(Scoped):
    """A request between two unions: give us this household, or take it; answered by the other side.

    `org` asks, `other` answers; both see the request, and neither the other's household by it.
    """

    class Kind(models.TextChoices):
        ASK = "ask", _("请求转入")
        GIVE = "give", _("请求接收")

    other = OrgField(db_column="other_path", verbose_name=_("对方单位"))
    kind = models.CharField(max_length=4, choices=Kind.choices)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="transfers")
    #: The union the household is to live under.
    target = OrgField(db_column="target_path", verbose_name=_("转入的基层工会"))
    name = models.CharField(max_length=60, verbose_name=_("姓名"))
    reason = models.CharField(max_length=300, verbose_name=_("说明"))
    answer = models.CharField(max_length=300, blank=True, verbose_name=_("答复"))
    state = models.CharField(max_length=12, choices=flow.TRANSFER.choices, default=flow.TRANSFER.initial)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    answered_by = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    asked = models.DateTimeField(auto_now_add=True)
    answered = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(state="asked"), name="transfer_one_open")
        ]
        indexes = [
            models.Index(fields=["org", "-id"], name="transfer_org"),
            models.Index(fields=["other", "-id"], name="transfer_other"),
        ]
        triggers = [flow.TRANSFER.guard_trigger()]
