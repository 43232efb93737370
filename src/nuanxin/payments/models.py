"""Dues, batches and bank results. Payments does not know why it pays: it is handed a Due."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Scoped

from . import flow


class Batch(Scoped):
    """Payments of one fund that go to the bank in one file."""

    number = models.CharField(max_length=40, unique=True, verbose_name=_("批次号"))
    fund = models.ForeignKey("ledger.Fund", models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=flow.BATCH.choices, default=flow.BATCH.initial)
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    count = models.IntegerField(verbose_name=_("笔数"))
    total = MoneyField(verbose_name=_("金额"))
    made = models.DateTimeField(auto_now_add=True)
    sent = models.DateTimeField(null=True)
    settled = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(count__gt=0, total__gt=Money(0)), name="batch_not_empty")
        ]
        indexes = [models.Index(fields=["org", "-id"], name="batch_org")]
        triggers = [flow.BATCH.guard_trigger()]


class Due(Scoped):
    """An amount owed to one payee's card, with the payee as they were when it was decided.

    `source_kind` and `source` say what it pays for ("casework.Award", 17); `hold` is the ledger's
    pending transfer. `corrector` gave another card after a return. An urgent one is to reach the card
    the same or the next day. The CHECKs tie fields to states
    and keep who approves, and who names the card, from paying.
    """

    state = models.CharField(max_length=12, choices=flow.DUE.choices, default=flow.DUE.initial)
    payee = models.CharField(max_length=60, verbose_name=_("收款人"))
    bank = models.CharField(max_length=60, verbose_name=_("开户银行"))
    branch = models.CharField(max_length=100, blank=True, verbose_name=_("开户网点"))
    card_cipher = models.BinaryField(editable=False)
    card_hash = models.BinaryField(editable=False, max_length=32)
    card_mask = models.CharField(max_length=24, verbose_name=_("银行卡号"))
    amount = MoneyField(verbose_name=_("金额"))
    fund = models.ForeignKey("ledger.Fund", models.PROTECT, related_name="+", db_index=False)
    hold = models.OneToOneField("ledger.Transfer", models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=32, verbose_name=_("用途"))
    reason = models.CharField(max_length=120, verbose_name=_("摘要"))
    source_kind = models.CharField(max_length=64)
    source = models.BigIntegerField()
    attempt = models.PositiveSmallIntegerField(default=1)
    approver = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+", db_index=False)
    corrector = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+", db_index=False)
    urgent = models.BooleanField(default=False, db_default=False, verbose_name=_("加急"))
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="dues", db_index=False)
    batcher = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+", db_index=False)
    line = models.IntegerField(null=True)
    settled_on = models.DateField(null=True, verbose_name=_("到账日期"))
    bank_reason = models.CharField(max_length=120, blank=True, verbose_name=_("退回原因"))
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source_kind", "source", "attempt"], name="due_once"),
            models.UniqueConstraint(fields=["batch", "line"], name="due_line"),
            models.CheckConstraint(condition=Q(amount__gt=Money(0)), name="due_positive"),
            models.CheckConstraint(
                condition=Q(batcher__isnull=True) | ~Q(batcher=F("approver")), name="due_approver_pays_not"
            ),
            models.CheckConstraint(
                condition=Q(batcher__isnull=True) | Q(corrector__isnull=True) | ~Q(batcher=F("corrector")),
                name="due_corrector_pays_not",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", batch__isnull=True, line__isnull=True, batcher__isnull=True)
                | (~Q(state="waiting") & Q(batch__isnull=False, line__isnull=False, batcher__isnull=False)),
                name="due_batched",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "batched"], settled_on__isnull=True)
                | Q(state="paid", settled_on__isnull=False)
                | (Q(state__in=["returned", "reissued"]) & ~Q(bank_reason="")),
                name="due_settled",
            ),
        ]
        indexes = [
            models.Index(fields=["org", "state", "-id"], name="due_org_state"),
            models.Index(fields=["org", "fund"], condition=Q(state="waiting"), name="due_waiting"),
        ]
        triggers = [flow.DUE.guard_trigger()]


class ResultFile(Scoped):
    """A bank's result file as uploaded; the same bytes are taken once."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="results")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    paid = models.IntegerField(default=0)
    returned = models.IntegerField(default=0)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "sha256"], name="resultfile_once")]
