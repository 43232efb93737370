"""Processes and votes: who made, who checked, who decided; restrained by the database."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.orgs.models import Scoped


class Process(Scoped):
    """One matter on its way to a decision. `maker` is who submitted it."""

    kind = models.CharField(max_length=64)
    subject = models.BigIntegerField()
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField(default=1)
    created = models.DateTimeField(auto_now_add=True)
    closed = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(closed__isnull=True), name="process_one_open"
            ),
            # lets a vote carry the maker with it, so that a CHECK can compare the two
            models.UniqueConstraint(fields=["id", "maker"], name="process_maker"),
        ]


class Vote(Scoped):
    """One person's word in one round of a process; never changed.

    `maker` repeats the process's maker (tied by a composite foreign key in the migration), which
    lets the CHECK refuse that the maker votes. One person votes once a round, over all steps.
    """

    class Verdict(models.TextChoices):
        PASS = "pass", _("通过")
        RETURN = "return", _("已退回")
        REFUSE = "refuse", _("不同意")

    process = models.ForeignKey(Process, models.PROTECT, related_name="votes")
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    voter = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=24)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    reason = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(voter=F("maker")), name="vote_not_maker"),
            models.UniqueConstraint(fields=["process", "round", "voter"], name="vote_once"),
            models.CheckConstraint(condition=Q(verdict="pass") | ~Q(reason=""), name="vote_reason"),
        ]
