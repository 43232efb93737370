"""Reads of funds, accounts and transfers, within the actor's scope."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Case, Count, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from nuanxin.kernel.actor import subtree
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Node

from .models import Account, Fund, Transfer
from .purposes import purpose_label as purpose_label
from .purposes import purposes as purposes

NOTHING = Money(0)


def funds() -> QuerySet[Fund]:
    return Fund.objects.all()


def accounts_in_scope() -> QuerySet[Account]:
    """Every account of the actor's subtree, in the order of the tree."""
    return Account.objects.select_related("fund", "org").order_by("org", "fund__code", "kind")


def available(fund_id: int, org_path: str) -> Account | None:
    """The account a node pays and appropriates from, or None when it never had money of the fund."""
    rows = Account.objects.select_related("fund", "org")
    return rows.filter(fund_id=fund_id, org__path=org_path, kind=Account.Kind.AVAILABLE).first()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a node stands with a fund: received = given down + paid + held + free.

    Reversed transfers are taken out on both sides, so that a mistake corrected leaves no trace here.
    """

    fund_id: int
    org_path: str
    received: Money = NOTHING
    given: Money = NOTHING
    paid: Money = NOTHING
    held: Money = NOTHING

    @property
    def free(self) -> Money:
        return self.received - self.given - self.paid - self.held

    @property
    def balance(self) -> Money:
        """What is in hand: free and held."""
        return self.free + self.held

    def __add__(self, other: "Standing") -> "Standing":
        return Standing(
            self.fund_id,
            self.org_path,
            self.received + other.received,
            self.given + other.given,
            self.paid + other.paid,
            self.held + other.held,
        )


_STANDINGS = """
    SELECT a.fund_id, a.org_path, a.credits_posted - r.back,
           a.debits_posted - r.back - coalesce(p.credits_posted - p.debits_posted, 0),
           coalesce(p.credits_posted - p.debits_posted, 0), a.debits_pending
    FROM ledger_account a
    LEFT JOIN ledger_account p ON (p.fund_id, p.org_path, p.kind) = (a.fund_id, a.org_path, 'paid')
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(t.amount), 0)::bigint AS back FROM ledger_transfer t JOIN ledger_transfer b
        ON b.id = t.reverses_id
        WHERE t.kind = 'reverse' AND b.kind = 'appropriate' AND a.id IN (t.debit_id, t.credit_id)
    ) r
    WHERE a.kind = 'available' AND a.org_path >= %s AND a.org_path < %s
    ORDER BY a.org_path, a.fund_id
"""


def standings(org_path: str) -> list[Standing]:
    """How the node and every node below it stand with each fund they have an account of."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, subtree(org_path))
        return [Standing(row[0], row[1], *map(Money, row[2:])) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A node of the tree table with its standing; `depth` counts from the node the table is about."""

    node: Node
    standing: Standing
    depth: int

    @property
    def steps(self) -> range:
        """One step less than the depth: the nodes directly below stand at the margin."""
        return range(self.depth - 1)


def tree(rows: Iterable[Standing], below: str) -> list[TreeRow]:
    """The nodes below a node, in the order of the tree, each summed over the given standings."""
    sums: dict[str, Standing] = {}
    for row in rows:
        if row.org_path != below:
            sums[row.org_path] = sums[row.org_path] + row if row.org_path in sums else row
    nodes = {node.path: node for node in Node.objects.filter(path__in=sums)}
    level = below.count("/")
    return [TreeRow(nodes[path], sums[path], path.count("/") - level) for path in sorted(sums)]


def transfers(fund: Fund, org_path: str) -> QuerySet[Transfer]:
    """The movements of a node's own money of a fund, newest first; `inward` says which way.

    The account on the other side may be out of sight, so only its node is joined.
    """
    own = list(
        Account.objects.filter(fund=fund, org__path=org_path, kind=Account.Kind.AVAILABLE).values_list(
            "pk", flat=True
        )
    )
    return (
        Transfer.objects.filter(Q(debit__in=own) | Q(credit__in=own))
        .annotate(inward=Case(When(credit__in=own, then=Value(True)), default=Value(False)))
        .select_related("debit_org", "credit_org", "staff")
        .order_by("-id")
    )


def fund_of(transfer: Transfer) -> Fund:
    """The fund a transfer belongs to, by whichever of its accounts is in sight."""
    return Fund.objects.filter(accounts__in=[transfer.debit_id, transfer.credit_id])[0]


def paid_between(org_path: str, since: date, until: date) -> tuple[int, Money]:
    """Payments of the subtree that reached the card in [since, until): how many, and their sum."""
    low, high = subtree(org_path)
    found = Transfer.objects.filter(
        kind=Transfer.Kind.POST,
        debit_org__gte=low,
        debit_org__lt=high,
        booked_on__gte=since,
        booked_on__lt=until,
    ).aggregate(count=Count("pk"), total=Coalesce(Sum("amount"), Value(NOTHING)))
    return found["count"], found["total"]


def free_in(org_path: str) -> Money:
    """What the node's own accounts have free, over all funds."""
    rows = Account.objects.filter(org__path=org_path, kind=Account.Kind.AVAILABLE)
    return Money.total(account.free for account in rows)
