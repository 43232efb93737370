"""Aid: lists of awards decided in one go, awards, and who was left out."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import Money
from nuanxin.ledger.models import Fund
from nuanxin.orgs.models import Scoped
from nuanxin.registry.models import Household

from .. import flow
from .applications import Application
from .base import Determined
from .files import File


class AidList(Scoped):
    """A list of awards of one programme, decided in one go."""

    programme = models.CharField(max_length=40)
    title = models.CharField(max_length=80, verbose_name=_("名单名称"))
    year = models.SmallIntegerField(verbose_name=_("年度"))
    as_of = models.DateField(verbose_name=_("认定基准日"))
    fund = models.ForeignKey("ledger.Fund", models.PROTECT, related_name="+", verbose_name=_("资金"))
    state = models.CharField(max_length=12, choices=flow.AID_LIST.choices, default=flow.AID_LIST.initial)
    process = models.ForeignKey("approvals.Process", models.PROTECT, null=True, related_name="+")
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    returned_because = models.TextField(blank=True)
    job = models.ForeignKey("records.JobRun", models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    decided_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(returned_because=""), name="aidlist_return_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(decided_on__isnull=False), name="aidlist_decided"
            ),
        ]
        indexes = [models.Index(fields=["org", "-id"], name="aidlist_org")]
        triggers = [flow.AID_LIST.guard_trigger()]


class Award(Determined):
    """What a household, person, employer or organisation is to get: on a list, or by an application.

    `cap` is the most there may be of the programme in the year; empty when the pack sets none. `part`
    counts the instalments of one application.
    """

    aid_list = models.ForeignKey(AidList, models.PROTECT, null=True, related_name="awards")
    file = models.ForeignKey(File, models.PROTECT, null=True, related_name="awards")
    application = models.ForeignKey(Application, models.PROTECT, null=True, related_name="awards")
    part = models.PositiveSmallIntegerField(default=1, db_default=1)
    programme = models.CharField(max_length=40)
    #: What it is called and the day a list determined it as of: copied, for a union sees its families'
    #: awards, but not the county's list they stand on.
    name = models.CharField(max_length=80, blank=True, db_default="")
    determined_on = models.DateField(null=True)
    year = models.SmallIntegerField()
    amount = MoneyField(verbose_name=_("金额"))
    cap = MoneyField(null=True, verbose_name=_("年度上限"))
    state = models.CharField(max_length=12, choices=flow.AWARD.choices, default=flow.AWARD.initial)
    paid_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["aid_list", "file"], name="award_once_a_list"),
            models.UniqueConstraint(fields=["application", "part"], name="award_once_a_part"),
            models.CheckConstraint(
                condition=Q(aid_list__isnull=False, file__isnull=False, application__isnull=True)
                | Q(aid_list__isnull=True, application__isnull=False),
                name="award_from",
            ),
            models.CheckConstraint(
                condition=Q(aid_list__isnull=True) | Q(determined_on__isnull=False),
                name="award_determined_on",
            ),
            models.CheckConstraint(condition=Q(amount__gt=Money(0)), name="award_positive"),
            models.CheckConstraint(condition=~Q(state="paid") | Q(paid_on__isnull=False), name="award_paid"),
        ]
        indexes = [
            models.Index(fields=["org", "programme", "-id"], name="award_org"),
            models.Index(fields=["org", "paid_on"], name="award_paid_on"),
            models.Index(fields=["file", "-id"], name="award_file"),
        ]
        triggers = [flow.AWARD.guard_trigger()]

    @property
    def title(self) -> str:
        """What it was given for."""
        return self.name

    @property
    def who(self) -> str:
        """The name of the one it is for."""
        if self.application:
            return self.application.who
        return self.file.household.head.name if self.file else ""

    @property
    def household(self) -> Household | None:
        """The household it is for, where it is a household's or a person's in one."""
        if self.file:
            return self.file.household
        return self.application.household if self.application else None

    @property
    def as_of(self) -> date:
        """The day it was determined as of."""
        if self.determined_on:
            return self.determined_on
        assert self.application is not None  # the database holds one of the two
        assessment = self.application.assessment
        return assessment.as_of if assessment else self.application.applied_on

    @property
    def fund(self) -> Fund | None:
        """What it is paid from, as far as the actor sees the list or the application."""
        source = self.aid_list or self.application
        return source.fund if source else None

    @property
    def decided_on(self) -> date | None:
        """The day the list or the application was decided."""
        if self.aid_list:
            return self.aid_list.decided_on
        return self.application.decided_on if self.application else None


class Omission(Determined):
    """An open file that a list leaves out, and why: excluded, something unknown, or nothing due."""

    aid_list = models.ForeignKey(AidList, models.CASCADE, related_name="omissions")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    result = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["aid_list", "file"], name="omission_once")]
        indexes = [models.Index(fields=["aid_list", "id"], name="omission_list")]
