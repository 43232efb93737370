"""Leaving difficulty: the exit with its checklist, the taper after it, and the watch kept on households."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Scoped

from .. import flow
from .applications import Assessment
from .files import File


class Exit(Scoped):
    """The proposal that a household leaves, checked and decided: why, on what evidence, with what after.

    `incomes` are the family's of the last months, oldest first, in fen, and `assessment` what the policy of
    leaving says of them. A taper of `taper_months` with `former` a month before it follows only when
    difficulty has ended (脱困、解困); `reclaimed` only when the file rested on deceit.
    """

    class Kind(models.TextChoices):
        LIFTED = "lifted", _("脱困")
        RELIEVED = "relieved", _("解困")
        DEATH = "death", _("死亡")
        MOVED = "moved", _("迁出")
        FRAUD = "fraud", _("弄虚作假")
        OTHER = "other", _("其他")

    file = models.ForeignKey(File, models.PROTECT, related_name="exits")
    kind = models.CharField(max_length=12, choices=Kind.choices, verbose_name=_("退出类型"))
    state = models.CharField(max_length=12, choices=flow.EXIT.choices, default=flow.EXIT.initial)
    cause_gone = models.BooleanField(null=True, verbose_name=_("致困原因已消除"))
    incomes = models.JSONField(default=list, db_default=[])
    assessment = models.ForeignKey(Assessment, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(verbose_name=_("退出原因"))
    taper_months = models.PositiveSmallIntegerField(default=0, verbose_name=_("渐退月数"))
    former: MoneyField[Money | None, Money | None] = MoneyField(null=True, verbose_name=_("原月标准"))
    reclaimed: MoneyField[Money | None, Money | None] = MoneyField(null=True, verbose_name=_("应追回金额"))
    process = models.ForeignKey("approvals.Process", models.PROTECT, null=True, related_name="+")
    officer = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    returned_because = models.TextField(blank=True)
    proposed_on = models.DateField()
    decided_on = models.DateField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["file"],
                condition=Q(state__in=["draft", "submitted", "returned"]),
                name="exit_one_open",
            ),
            models.CheckConstraint(
                condition=Q(taper_months=0)
                | Q(kind__in=["lifted", "relieved"], taper_months__lte=6, former__gt=Money(0)),
                name="exit_taper",
            ),
            models.CheckConstraint(
                condition=Q(reclaimed__isnull=True) | Q(kind="fraud", reclaimed__gt=Money(0)),
                name="exit_reclaimed",
            ),
            models.CheckConstraint(
                condition=Q(state="approved", decided_on__isnull=False)
                | (~Q(state="approved") & Q(decided_on__isnull=True)),
                name="exit_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(returned_because=""), name="exit_return_reason"
            ),
        ]
        indexes = [models.Index(fields=["org", "state", "-id"], name="exit_org_state")]
        triggers = [flow.EXIT.guard_trigger()]


class Guarantee(Scoped):
    """One item of the checklist of an exit (两有五保障): met, not met or not needed, and by what evidence."""

    class Item(models.TextChoices):
        FOOD = "food", _("有饭吃")
        CLOTHING = "clothing", _("有衣穿")
        JOB = "job", _("就业有保障")
        MEDICAL = "medical", _("医疗有保障")
        SCHOOLING = "schooling", _("就学有保障")
        INSURANCE = "insurance", _("社保有保障")
        HOUSING = "housing", _("住房有保障")

    class Met(models.TextChoices):
        YES = "yes", _("达到")
        NO = "no", _("未达到")
        NOT_NEEDED = "not_needed", _("不涉及")

    exit = models.ForeignKey(Exit, models.CASCADE, related_name="guarantees")
    item = models.CharField(max_length=12, choices=Item.choices)
    met = models.CharField(max_length=12, choices=Met.choices)
    evidence = models.CharField(max_length=300, verbose_name=_("核实依据"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["exit", "item"], name="guarantee_once"),
            models.CheckConstraint(condition=~Q(evidence=""), name="guarantee_evidence"),
        ]


class Taper(Scoped):
    """Aid that goes on for one to six months after exit (渐退期): a share of the former standard.

    What is due each month the policy pack of the programme `taper` says; the awards are a list's like others.
    """

    exit = models.OneToOneField(Exit, models.PROTECT, related_name="taper")
    file = models.ForeignKey(File, models.PROTECT, related_name="tapers")
    since = models.DateField(verbose_name=_("渐退起始"))
    months = models.PositiveSmallIntegerField(verbose_name=_("渐退月数"))
    former = MoneyField(verbose_name=_("原月标准"))
    stopped_on = models.DateField(null=True)
    stopped_because = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(months__range=(1, 6)), name="taper_months"),
            models.CheckConstraint(condition=Q(former__gt=Money(0)), name="taper_former"),
            models.CheckConstraint(
                condition=Q(stopped_on__isnull=True) | ~Q(stopped_because=""), name="taper_stopped"
            ),
        ]


class Recovery(Scoped):
    """Money demanded back after deceit, and what came back."""

    exit = models.OneToOneField(Exit, models.PROTECT, related_name="recovery")
    demanded = MoneyField(verbose_name=_("应追回金额"))
    repaid = MoneyField(default=Money(0), verbose_name=_("已追回金额"))
    due_on = models.DateField(null=True, verbose_name=_("期限"))
    closed_on = models.DateField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(demanded__gt=Money(0), repaid__gte=Money(0), repaid__lte=F("demanded")),
                name="recovery_amounts",
            )
        ]


class Watch(Scoped):
    """A household that is watched (常态化监测), with a visit every so many days, in [since, until)."""

    class Kind(models.TextChoices):
        UNSTABLE = "unstable", _("脱困不稳定户")
        BORDERLINE = "borderline", _("边缘易致困户")
        STRUCK = "struck", _("突发严重困难户")

    household = models.ForeignKey("registry.Household", models.PROTECT, related_name="watches")
    file = models.ForeignKey(File, models.PROTECT, null=True, related_name="watches")
    kind = models.CharField(max_length=12, choices=Kind.choices, verbose_name=_("监测类型"))
    because = models.CharField(max_length=300, verbose_name=_("监测原因"))
    since = models.DateField()
    until = models.DateField(null=True)
    ended_because = models.CharField(max_length=300, blank=True)
    every_days = models.PositiveSmallIntegerField(verbose_name=_("走访间隔（天）"))
    next_on = models.DateField(null=True, verbose_name=_("下次走访"))
    officer = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household"], condition=Q(until__isnull=True), name="watch_one_live"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | (Q(until__gte=F("since")) & ~Q(ended_because="")),
                name="watch_ended_why",
            ),
            models.CheckConstraint(condition=Q(every_days__range=(1, 366)), name="watch_interval"),
        ]
        indexes = [models.Index(fields=["org", "next_on"], condition=Q(until__isnull=True), name="watch_due")]
