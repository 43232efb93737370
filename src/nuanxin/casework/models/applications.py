"""Applications for any programme, and the determinations they rest on."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.history import tracked
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Scoped
from nuanxin.registry.models import Household

from .. import flow
from .base import FILING, RESULTS, UNDER_WAY, Determined


class Assessment(Determined):
    """What a programme's pack said of its subject on a day, on the facts known at the end of `known_on`.

    For filing the subject is the household, and the result a class, a closing clause or facts that are
    missing (`RESULTS`); for the other programmes it is the application's, the result one its pack names,
    and `due` what the benefits come to together, empty when one is unknown or none is open.
    """

    programme = models.CharField(max_length=40, default=FILING, db_default=FILING)
    household = models.ForeignKey("registry.Household", models.PROTECT, null=True, related_name="assessments")
    application = models.ForeignKey(
        "casework.Application", models.PROTECT, null=True, related_name="assessments"
    )
    as_of = models.DateField(verbose_name=_("认定基准日"))
    known_on = models.DateField()
    pack = models.CharField(max_length=64)
    pack_version = models.IntegerField()
    result = models.CharField(max_length=16, choices=RESULTS)
    monthly_per_head = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    due: MoneyField[Money | None, Money | None] = MoneyField(null=True)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(household__isnull=False) | Q(application__isnull=False),
                name="assessment_subject",
            )
        ]
        indexes = [
            models.Index(fields=["household", "-id"], name="assessment_household"),
            models.Index(fields=["application", "-id"], name="assessment_application"),
        ]


@tracked
class Application(Scoped):
    """An application for a programme, brought in by an officer for a household, a person, an employer or
    an organisation (`org` itself).

    What it asks and which way it takes is the programme's version (`programme_version`, by hash) that was
    in force when it was begun. `rests_on` is the open file behind it. `asked` is what was applied for,
    `amount` what is proposed and then decided, never above what the rules allow. With `act_first` the
    money comes before the papers, which are due on `papers_due_on`.
    """

    programme = models.CharField(max_length=40, default=FILING, db_default=FILING, verbose_name=_("项目"))
    programme_version = models.CharField(max_length=64, blank=True, db_default="")
    household = models.ForeignKey(
        "registry.Household", models.PROTECT, null=True, related_name="applications"
    )
    person = models.ForeignKey("registry.Person", models.PROTECT, null=True, related_name="applications")
    employer = models.ForeignKey("registry.Employer", models.PROTECT, null=True, related_name="applications")
    rests_on = models.ForeignKey("casework.File", models.PROTECT, null=True, related_name="applied")
    state = models.CharField(
        max_length=12, choices=flow.APPLICATION.choices, default=flow.APPLICATION.initial
    )
    answers = models.JSONField(default=dict, db_default={})
    asked: MoneyField[Money | None, Money | None] = MoneyField(null=True, verbose_name=_("申请金额"))
    amount: MoneyField[Money | None, Money | None] = MoneyField(null=True, verbose_name=_("救助金额"))
    fund = models.ForeignKey(
        "ledger.Fund", models.PROTECT, null=True, related_name="+", verbose_name=_("资金")
    )
    act_first = models.BooleanField(default=False, db_default=False, verbose_name=_("先行救助"))
    papers_due_on = models.DateField(null=True, verbose_name=_("补件期限"))
    papers_done_on = models.DateField(null=True, verbose_name=_("补件完成日期"))
    assessment = models.ForeignKey(Assessment, models.PROTECT, null=True, related_name="+")
    process = models.ForeignKey("approvals.Process", models.PROTECT, null=True, related_name="+")
    officer = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    applied_on = models.DateField()
    due_on = models.DateField(null=True)
    returned_because = models.TextField(blank=True)
    refused_because = models.TextField(blank=True)
    outcome = models.TextField(blank=True, db_default="", verbose_name=_("办理结果"))
    decided_on = models.DateField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(state__in=UNDER_WAY, programme=FILING),
                name="application_one_open",
            ),
            models.UniqueConstraint(
                fields=["programme", "household", "person", "employer"],
                condition=Q(state__in=UNDER_WAY)
                & (Q(household__isnull=False) | Q(person__isnull=False) | Q(employer__isnull=False)),
                nulls_distinct=False,
                name="application_one_of_a_kind",
            ),
            models.CheckConstraint(
                condition=~Q(programme=FILING)
                | Q(household__isnull=False, person__isnull=True, employer__isnull=True),
                name="application_files_household",
            ),
            models.CheckConstraint(
                condition=Q(employer__isnull=True) | Q(household__isnull=True, person__isnull=True),
                name="application_one_subject",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(returned_because=""), name="application_return_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(refused_because=""), name="application_refuse_reason"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "refused"], decided_on__isnull=False)
                | (~Q(state__in=["approved", "refused"]) & Q(decided_on__isnull=True)),
                name="application_decided",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gt=Money(0)), name="application_amount"
            ),
            models.CheckConstraint(
                condition=Q(act_first=True) | Q(papers_due_on__isnull=True, papers_done_on__isnull=True),
                name="application_papers",
            ),
        ]
        indexes = [
            models.Index(fields=["org", "state", "-id"], name="application_org_state"),
            models.Index(fields=["org", "programme", "-id"], name="application_org_programme"),
            models.Index(fields=["person", "-id"], name="application_person"),
            models.Index(fields=["employer", "-id"], name="application_employer"),
            models.Index(
                fields=["org", "papers_due_on"],
                condition=Q(papers_due_on__isnull=False, papers_done_on__isnull=True),
                name="application_papers_due",
            ),
        ]
        triggers = [flow.APPLICATION.guard_trigger()]

    @property
    def home(self) -> Household:
        """The household, where the programme has one; ValueError for employers and organisations."""
        if self.household is None:
            raise ValueError(f"application {self.pk} is not a household's")
        return self.household

    @property
    def who(self) -> str:
        """The name of the one it is for: the person, the employer, the head of the household, the unit."""
        if self.person:
            return self.person.name
        if self.employer:
            return self.employer.name
        return self.household.head.name if self.household else self.org.local_name


class Payee(Scoped):
    """The account an application's money goes to, where it is not the household's card.

    The number sealed, as a keyed hash and masked, as everywhere.
    """

    application = models.OneToOneField(Application, models.PROTECT, related_name="payee")
    name = models.CharField(max_length=60, verbose_name=_("收款人"))
    bank = models.CharField(max_length=60, verbose_name=_("开户银行"))
    branch = models.CharField(max_length=100, blank=True, verbose_name=_("开户网点"))
    card_cipher = models.BinaryField(editable=False)
    card_hash = models.BinaryField(editable=False, max_length=32)
    card_mask = models.CharField(max_length=24, verbose_name=_("银行账号"))


class Overruling(Scoped):
    """An exclusion, or a finding of double aid, set aside for one application: who, why, and who agreed.

    `code` is the clause of the pack, or `double.<programme>`. It counts once a second person agreed.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="overrulings")
    code = models.CharField(max_length=60)
    reason = models.TextField(verbose_name=_("理由"))
    by = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    agreed_by = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    agreed = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "code"], name="overruling_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="overruling_reason"),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True, agreed__isnull=True)
                | (Q(agreed_by__isnull=False, agreed__isnull=False) & ~Q(agreed_by=F("by"))),
                name="overruling_two_people",
            ),
        ]
