"""Processes, their steps and the votes: restrained by the database."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import OrgField, Scoped

from .routes import Route, Step, whole


class Process(Scoped):
    """One matter on its way to a decision. `maker` is who submitted it.

    With a route, `position` is the step it stands at: 0 while it is with the maker (returned), one past
    the last when all have passed. `amount` and `clazz` are what the steps were chosen by; `persons` are
    the ID hashes of the people it concerns, on whom their kin among the staff have no vote.
    """

    class Outcome(models.TextChoices):
        OPEN = "", _("办理中")
        PASSED = "passed", _("已通过")
        REFUSED = "refused", _("未通过")
        ENDED = "ended", _("已结束")

    kind = models.CharField(max_length=64)
    subject = models.BigIntegerField()
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    route = models.ForeignKey(Route, models.PROTECT, null=True, related_name="processes")
    amount: MoneyField[Money | None, Money | None] = MoneyField(null=True)
    clazz = models.CharField(max_length=24, blank=True, db_default="")
    persons = ArrayField(models.BinaryField(max_length=32), default=list, db_default=[])
    position = models.PositiveSmallIntegerField(default=0, db_default=0)
    round = models.PositiveSmallIntegerField(default=1)
    outcome = models.CharField(
        max_length=8, choices=Outcome.choices, default=Outcome.OPEN, db_default="", blank=True
    )
    created = models.DateTimeField(auto_now_add=True)
    closed = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(closed__isnull=True), name="process_one_open"
            ),
            # lets a vote carry the maker with it, so that a CHECK can compare the two
            models.UniqueConstraint(fields=["id", "maker"], name="process_maker"),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(closed__isnull=False), name="process_outcome_closed"
            ),
        ]


class ProcessStep(Step):
    """A step as it was copied onto a process for one round: no later change of the route alters it.

    `org` is the node that acts, `home` that of the matter; both see it. `due_on` is the last day for it,
    fixed when it is entered: a calendar that changes afterwards does not shorten it. `carried` is the
    step of an earlier round whose votes still stand, after a return to a later step.
    """

    class Result(models.TextChoices):
        OPEN = "", _("待办理")
        PASS = "pass", _("通过")
        RETURN = "return", _("已退回")
        REFUSE = "refuse", _("不同意")
        ENDED = "ended", _("已结束")

    org = OrgField(verbose_name=_("办理单位"))
    home = OrgField(db_column="home_path")
    process = models.ForeignKey(Process, models.PROTECT, related_name="steps")
    round = models.PositiveSmallIntegerField()
    entered = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    done = models.DateTimeField(null=True)
    result = models.CharField(
        max_length=8, choices=Result.choices, default=Result.OPEN, db_default="", blank=True
    )
    note = models.TextField(blank=True, db_default="")
    carried = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["process", "round", "position"]
        constraints = [
            *whole("processstep"),
            models.UniqueConstraint(fields=["process", "round", "position"], name="processstep_once"),
            models.CheckConstraint(
                condition=Q(done__isnull=True, result="") | (Q(done__isnull=False) & ~Q(result="")),
                name="processstep_result",
            ),
        ]
        indexes = [
            models.Index(
                fields=["org", "permission", "due_on"],
                condition=Q(entered__isnull=False, done__isnull=True),
                name="processstep_open",
            ),
            models.Index(
                fields=["home", "due_on"],
                condition=Q(entered__isnull=False, done__isnull=True),
                name="processstep_open_home",
            ),
        ]


class Vote(Scoped):
    """One person's word in one round of a process; never changed.

    `maker` repeats the process's maker (tied by a composite foreign key in the migration), which
    lets the CHECK refuse that the maker votes. One person votes once a round, over all steps. With a
    route `process_step` is the step it counts for. `stands_for` is the absent holder of the post in
    whose place a deputy spoke: the two count as one person.
    """

    class Verdict(models.TextChoices):
        PASS = "pass", _("通过")
        RETURN = "return", _("已退回")
        REFUSE = "refuse", _("不同意")

    process = models.ForeignKey(Process, models.PROTECT, related_name="votes")
    process_step = models.ForeignKey(ProcessStep, models.PROTECT, null=True, related_name="votes")
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    voter = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    stands_for = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    round = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=24)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    reason = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(voter=F("maker")), name="vote_not_maker"),
            models.CheckConstraint(
                condition=Q(stands_for__isnull=True)
                | (~Q(stands_for=F("maker")) & ~Q(stands_for=F("voter"))),
                name="vote_not_for_maker",
            ),
            models.UniqueConstraint(fields=["process", "round", "voter"], name="vote_once"),
            models.UniqueConstraint(
                F("process"), F("round"), Coalesce(F("stands_for"), F("voter")), name="vote_counts_once"
            ),
            models.CheckConstraint(condition=Q(verdict="pass") | ~Q(reason=""), name="vote_reason"),
        ]
