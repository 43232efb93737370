"""Funds, accounts and transfers: double entry in whole fen, append-only.

Shaped after account/transfer ledgers: a hold is a pending transfer, posted at bank confirmation or
voided on return; a wrong transfer is reversed, never changed. Balances are kept by a trigger on
transfers, and a CHECK on the account stops an overspend also when two people act at once.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import OrgField, Scoped

BALANCES = ("debits_pending", "debits_posted", "credits_pending", "credits_posted")


class Fund(models.Model):
    """Money of one of the six sources, kept apart from all other money (domain.md §3)."""

    class Source(models.TextChoices):
        FISCAL_CENTRAL = "fiscal_central", _("中央财政专项资金")
        FISCAL_PROVINCIAL = "fiscal_provincial", _("省级财政资金")
        FISCAL_LOCAL = "fiscal_local", _("地方财政资金")
        SUPERIOR = "superior", _("上级工会拨款")
        OWN = "own", _("本级工会经费")
        DONATION = "donation", _("社会捐助")
        EMPLOYER = "employer", _("单位行政经费")
        OTHER = "other", _("其他（利息等）")

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=60, verbose_name=_("资金名称"))
    name_en = models.CharField(max_length=80)
    source = models.CharField(max_length=20, choices=Source.choices, verbose_name=_("资金来源"))
    uses = ArrayField(models.CharField(max_length=32), verbose_name=_("允许用途"))

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.local_name

    @property
    def local_name(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") else self.name


class Account(Scoped):
    """One fund's money at one node: where it comes from, what is available, what has been paid."""

    class Kind(models.TextChoices):
        SOURCE = "source", _("来源")
        AVAILABLE = "available", _("可用")
        PAID = "paid", _("已支付")

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="accounts")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    debits_pending = MoneyField(default=Money(0))
    debits_posted = MoneyField(default=Money(0))
    credits_pending = MoneyField(default=Money(0))
    credits_posted = MoneyField(default=Money(0))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "fund", "kind"], name="account_once"),
            models.CheckConstraint(
                condition=Q(kind="source") | Q(credits_posted__gte=F("debits_posted") + F("debits_pending")),
                name="account_not_overspent",
            ),
            models.CheckConstraint(
                condition=Q(**{f"{name}__gte": Money(0) for name in BALANCES}),
                name="account_not_negative",
            ),
        ]

    @property
    def free(self) -> Money:
        """What may still be promised: received, less paid and held."""
        return self.credits_posted - self.debits_posted - self.debits_pending

    @property
    def balance(self) -> Money:
        """What is in hand: received, less paid (held money is still in hand)."""
        return self.credits_posted - self.debits_posted


class Transfer(models.Model):
    """A movement from one account (debit) to another (credit); never changed or deleted.

    `key` makes a repeated request harmless: the same key with the same input is the same transfer,
    with another input it is refused (`input_hash`).
    """

    class Kind(models.TextChoices):
        APPROPRIATE = "appropriate", _("拨款")
        HOLD = "hold", _("预留")
        POST = "post", _("支付")
        VOID = "void", _("释放")
        REVERSE = "reverse", _("冲正")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    debit = models.ForeignKey(Account, models.PROTECT, related_name="debits", db_index=False)
    credit = models.ForeignKey(Account, models.PROTECT, related_name="credits", db_index=False)
    debit_org = OrgField(db_column="debit_path")
    credit_org = OrgField(db_column="credit_path")
    amount = MoneyField()
    resolves = models.OneToOneField("self", models.PROTECT, null=True, related_name="resolution")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversal")
    purpose = models.CharField(max_length=32, blank=True)
    memo = models.CharField(max_length=200, blank=True)
    booked_on = models.DateField()
    key = models.CharField(max_length=80)
    input_hash = models.BinaryField(max_length=32)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="transfer_key"),
            models.CheckConstraint(condition=Q(amount__gt=Money(0)), name="transfer_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="transfer_two_accounts"),
            models.CheckConstraint(
                condition=Q(kind__in=["post", "void"], resolves__isnull=False)
                | (~Q(kind__in=["post", "void"]) & Q(resolves__isnull=True)),
                name="transfer_resolves",
            ),
            models.CheckConstraint(
                condition=Q(kind="reverse", reverses__isnull=False)
                | (~Q(kind="reverse") & Q(reverses__isnull=True)),
                name="transfer_reverses",
            ),
        ]
        indexes = [
            models.Index(fields=["debit_org", "-id"], name="transfer_debit_org"),
            models.Index(fields=["credit_org", "-id"], name="transfer_credit_org"),
            models.Index(fields=["debit", "kind", "-id"], name="transfer_debit"),
            models.Index(fields=["credit", "kind", "-id"], name="transfer_credit"),
            models.Index(
                fields=["debit_org", "booked_on"],
                include=["amount"],
                condition=Q(kind="post"),
                name="transfer_paid",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class Quota(models.Model):
    """What one keyed subject has had of a capped measure in a year, over the whole tree.

    `key` is a keyed hash, never an ID number. Written only by the database function
    ledger_take_quota; the CHECK is the cap.
    """

    measure = models.CharField(max_length=40)
    key = models.BinaryField(max_length=32)
    year = models.SmallIntegerField()
    used = MoneyField()
    cap = MoneyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["measure", "key", "year"], name="quota_once"),
            models.CheckConstraint(
                condition=Q(used__gte=Money(0), used__lte=F("cap")), name="quota_not_exceeded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.year}"
