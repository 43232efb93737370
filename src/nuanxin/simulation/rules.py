"""The packs and standards of every variant of a run: the rules in force, and those of its scenarios."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nuanxin.policy import queries as policy
from nuanxin.policy.engine.check import check
from nuanxin.policy.engine.faults import At, PackError
from nuanxin.policy.engine.pack import EXCLUDED, UNKNOWN, Let
from nuanxin.policy.engine.statement import build
from nuanxin.policy.engine.syntax import Source, parse
from nuanxin.policy.engine.texts import Text
from nuanxin.policy.engine.tree import Names
from nuanxin.policy.engine.types import MONEY
from nuanxin.policy.models import Pack as StoredPack

from . import standards
from .models import Run, Scenario, StandardChange

#: Results of a filing pack that open no file.
NOT_FILED = ("none", EXCLUDED, UNKNOWN)
#: Income as a share of the line is the quotient of this expression and this standard.
INCOME, LINE, SHARE = "monthly_per_head", "dibao", "income_to_line"


def with_share(pack: policy.Pack) -> policy.Pack:
    """The pack with one more expression, income as a share of the line, where it knows both."""
    line = next((item for item in pack.tables if item.code == LINE and item.type == MONEY), None)
    if line is None or INCOME not in pack.lets:
        return pack
    names = Names(pack.codes, pack.facts, pack.parameters, {let.name: let.node for let in pack.lets.values()})
    try:
        node = check(parse(Source(f"{INCOME} / {line.name}", At(pack.code), True)), names)
    except PackError:  # an income the pack counts in another unit has no such share
        return pack
    return replace(pack, lets={**pack.lets, SHARE: Let(SHARE, Text(SHARE, SHARE), node)})


def scenarios_of(run: Run) -> list[Scenario]:
    return [run.first, run.second] if run.second else [run.first]


@dataclass(frozen=True, slots=True)
class Variant:
    """`packs` by the key of the stored pack they stand for; `changes` to the standards."""

    packs: dict[int, policy.Pack]
    changes: Sequence[StandardChange] = ()


@dataclass(slots=True)
class Rules:
    """Variant 0 are the rules in force, 1 and 2 the scenarios. Read once for all pieces of a run."""

    run: Run
    variants: list[Variant] = field(init=False)
    stored: dict[int, policy.Pack] = field(default_factory=dict)
    given: dict[tuple[int, frozenset[str]], policy.Relation] = field(default_factory=dict)
    built: dict[tuple[int, int, str], policy.Statement] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.variants = [Variant({})] + [
            Variant(
                {item.base_id: with_share(item.checked()) for item in one.packs.all()},
                list(one.standards.all()),
            )
            for one in scenarios_of(self.run)
        ]

    def pack(self, variant: int, base: int) -> policy.Pack:
        """What the variant has in the place of a stored pack."""
        if base in self.variants[variant].packs:
            return self.variants[variant].packs[base]
        if base not in self.stored:
            self.stored[base] = with_share(StoredPack.objects.get(pk=base).checked())
        return self.stored[base]

    def changed(self, variant: int, pack: policy.Pack) -> list[StandardChange]:
        """The changes to standards the pack looks up."""
        codes = {item.code for item in pack.tables}
        return [change for change in self.variants[variant].changes if change.code in codes]

    def key(self, variant: int, base: int) -> tuple[str, frozenset[tuple[object, ...]]]:
        """What decides the outcome: variants that agree in it are determined once."""
        pack = self.pack(variant, base)
        changes = [(c.code, c.residence, c.place_id, c.how, c.by) for c in self.changed(variant, pack)]
        return pack.sha256, frozenset(changes)

    def standards(self, variant: int, pack: policy.Pack) -> policy.Relation:
        """The standards the pack looks up, as the variant has them."""
        codes = frozenset(item.code for item in pack.tables)
        if (variant, codes) not in self.given:
            rows = standards.in_force(self.run.day, codes, self.run.place_id)
            changed = standards.changed(rows, self.changed(variant, pack))
            self.given[variant, codes] = standards.relation(changed)
        return self.given[variant, codes]

    def asked(self, bases: Iterable[int]) -> set[str]:
        """The facts, lists among them, that any variant's pack asks in the place of one of these."""
        packs = [self.pack(variant, base) for base in bases for variant in self.run.variants]
        return {name for pack in packs for name in pack.facts}

    def statement(
        self, variant: int, base: int, given: policy.Relation, lists: Mapping[str, policy.Relation]
    ) -> policy.Statement:
        """The statement for a relation without parameters; the next piece, in tables so named, reuses it."""
        key = variant, base, given.sql
        if key not in self.built:
            pack = self.pack(variant, base)
            asked = {fact.name: lists[fact.name] for fact in pack.lists if fact.name in lists}
            self.built[key] = build(pack, given, asked, self.standards(variant, pack), day=self.run.day)
        return self.built[key]
