"""Reviews: many households determined anew, and the list of what changes, worked through one by one."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.casework.models import CLASSES, FILED, RESULTS
from nuanxin.kernel.fields import MoneyField
from nuanxin.orgs.models import Scoped

from . import flow

#: What a household was before: the class of its open file, or "none" without one.
BEFORE = [*CLASSES[:3], ("none", _("未建档"))]


class Review(Scoped):
    """All households at and below `org`, determined as of a day against how they stood before.

    `basis` is the day whose packs and standards what was due before is computed with. `survey`: households
    without a file are looked at as well. `reached` is the last household computed so far, `until` the last
    one to compute, so a run that was killed goes on where it stood.
    """

    title = models.CharField(max_length=80, verbose_name=_("复核名称"))
    reason = models.TextField(verbose_name=_("复核原因"))
    as_of = models.DateField(verbose_name=_("认定基准日"))
    basis = models.DateField(verbose_name=_("对比基准日"))
    survey = models.BooleanField(default=False, verbose_name=_("同时排查未建档家庭"))
    state = models.CharField(max_length=12, choices=flow.REVIEW.choices, default=flow.REVIEW.initial)
    packs = models.JSONField(default=list)
    total = models.IntegerField(default=0)
    reached = models.BigIntegerField(default=0)
    until = models.BigIntegerField(default=0)
    job = models.ForeignKey("records.JobRun", models.SET_NULL, null=True, related_name="+")
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(basis__lte=F("as_of")), name="review_days"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(title=""), name="review_said_why"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_on__isnull=False)
                | (~Q(state="closed") & Q(closed_on__isnull=True)),
                name="review_closed",
            ),
        ]
        indexes = [models.Index(fields=["org", "-id"], name="review_org")]
        triggers = [flow.REVIEW.guard_trigger()]

    def __str__(self) -> str:
        return self.title


class Opinion(models.TextChoices):
    """What a reviewer proposes to do about a difference."""

    FOLLOW = "follow", _("按新结论办理")
    KEEP = "keep", _("维持原状")
    VISIT = "visit", _("先入户核实")


class Kind(models.TextChoices):
    """How a household differs. Award changes need no decision: lists apply the standards of their day."""

    CLASS = "class", _("类别变化")
    LEAVING = "leaving", _("不再符合")
    ENTERING = "entering", _("新符合")
    UNKNOWN = "unknown", _("待补充")
    AWARD = "award", _("待遇变化")


class Difference(Scoped):
    """One household that comes out otherwise than it stood.

    `was` and `now` are the class before and the result now; `per_head_*` the monthly income a head by the
    latest assessment and now; `aid` holds for each programme what the year would bring before and now,
    [fen, fen] with null for what cannot be told, `aid_was` and `aid_now` the sums. `missing` names the
    inputs to fill in, `facts_at` is the household's state that was looked at, `problem` why a decision
    could not be carried out.
    """

    review = models.ForeignKey(Review, models.PROTECT, related_name="differences", db_index=False)
    household = models.ForeignKey("registry.Household", models.PROTECT, related_name="+")
    file = models.ForeignKey("casework.File", models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices, verbose_name=_("变化"))
    state = models.CharField(max_length=12, choices=flow.DIFFERENCE.choices, default=flow.DIFFERENCE.initial)
    was = models.CharField(max_length=12, choices=BEFORE, verbose_name=_("原类别"))
    now = models.CharField(max_length=16, choices=RESULTS, verbose_name=_("现结论"))
    per_head_was = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    per_head_now = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    aid_was = MoneyField(null=True, verbose_name=_("原年度待遇"))
    aid_now = MoneyField(null=True, verbose_name=_("现年度待遇"))
    aid = models.JSONField(default=dict)
    missing = ArrayField(models.TextField(), default=list)
    excluded = ArrayField(models.TextField(), default=list)
    pack_hash = models.CharField(max_length=64)
    facts_at = models.DateTimeField()
    computed = models.DateTimeField()
    opinion = models.CharField(max_length=8, choices=Opinion.choices, blank=True, verbose_name=_("处理意见"))
    reason = models.TextField(blank=True, verbose_name=_("理由"))
    proposer = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+", db_index=False)
    proposed_at = models.DateTimeField(null=True)
    decider = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)
    returned_because = models.TextField(blank=True)
    problem = models.TextField(blank=True)
    assessment = models.ForeignKey(
        "casework.Assessment", models.PROTECT, null=True, related_name="+", db_index=False
    )
    application = models.ForeignKey(
        "casework.Application", models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "household"], name="difference_once"),
            models.CheckConstraint(
                condition=Q(kind="class", now__in=FILED, file__isnull=False)
                | Q(kind="leaving", now__in=["none", "excluded"], file__isnull=False)
                | Q(kind="entering", now__in=FILED, file__isnull=True)
                | Q(kind="unknown", now="unknown")
                | Q(kind="award", now=F("was"), file__isnull=False)
                | Q(state="cleared"),
                name="difference_kind",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "cleared", "noted"])
                | (Q(proposer__isnull=False) & ~Q(opinion="")),
                name="difference_proposed",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["settled", "returned", "visiting"])
                | Q(decider__isnull=False, decided_at__isnull=False),
                name="difference_decided",
            ),
            models.CheckConstraint(
                condition=Q(decider__isnull=True) | ~Q(decider=F("proposer")), name="difference_two_people"
            ),
            models.CheckConstraint(
                condition=Q(opinion__in=["", "follow"]) | ~Q(reason=""), name="difference_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(returned_because=""), name="difference_return_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["review", "org", "kind", "-id"], name="difference_org_kind"),
            models.Index(
                fields=["org", "state"],
                condition=Q(state__in=["open", "proposed", "returned", "visiting"]),
                name="difference_to_do",
            ),
        ]
        triggers = [flow.DIFFERENCE.guard_trigger()]


class Tally(Scoped):
    """How many households of a unit came from one class to another result, those unchanged among them."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="tallies", db_index=False)
    was = models.CharField(max_length=12, choices=BEFORE)
    now = models.CharField(max_length=16, choices=RESULTS)
    households = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "org", "was", "now"], name="tally_once"),
            models.CheckConstraint(condition=Q(households__gte=0), name="tally_count"),
        ]


class Effect(Scoped):
    """What a programme would bring the households of a unit in a year, before and now (where both are
    known), and for how many of them it differs."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="effects", db_index=False)
    programme = models.CharField(max_length=40)
    was = MoneyField()
    now = MoneyField()
    households = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "org", "programme"], name="effect_once"),
        ]
