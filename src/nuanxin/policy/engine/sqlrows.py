"""The rows of a list added up, once for each subject."""

from collections.abc import Callable

from sqlglot import exp

from .pack import Pack
from .sqldomains import fact_domain
from .sqllayers import Layers
from .sqlnodes import Translator
from .sqlwords import (
    Sql,
    call,
    cases,
    cast,
    column,
    fenced,
    infix,
    integer,
    missing,
    named,
    whole,
    within,
)
from .tree import Fact, Node, field_name

# sum(bigint) gives a numeric. The two halves of a figure fit an int each, and sum(int) is a bigint: a
# third of the time, and a tenth of the memory for each group.
_HALF = 31
# Sums of halves up to here can be joined again; what is beyond is far outside any domain.
_JOINED = 2**31
_BEYOND = 4 * 10**18


def folds_of(fact: Fact, words: Translator) -> list[tuple[Node, int]]:
    return [(node, number) for node, number in words.folds.items() if node.value == fact.name]


def sums(pack: Pack, fact: Fact, words: Translator, facts: exp.Select | None) -> exp.Select:
    """One row per subject with rows: t_ the fold over its known rows, n_ what the others lack, or null.

    `facts` is given where a condition looks at facts of the subject beside those of the row.
    """
    rows = Layers()
    inside = words.inside(rows)
    raw = {part.name: column(part.name, "row") for part in fact.fields}
    base = exp.select(column("subject", "row"), *raw.values()).from_(
        exp.alias_(exp.table_(f"rows_{fact.name}", quoted=True), "row", table=True, quoted=True)
    )
    if facts is not None:
        seen = [column(name, "facts") for name in facts.named_selects if name.startswith(("f_", "p_"))]
        same = infix(exp.EQ, column("subject", "facts"), column("subject", "row"))
        base = base.select(*seen).join(fenced(facts, "facts"), on=same)
    for part in fact.fields:
        codes = pack.labels(part.type.codes)
        rows.define(f"i_{part.name}", fact_domain(part, raw[part.name].copy(), codes, words.binds))
        if codes:
            inside.coded[field_name(fact.name, part.name)] = (raw[part.name], tuple(codes))
    folds = [_Fold(node, number, inside) for node, number in folds_of(fact, words)]
    known = [column for fold in folds for column in fold.known]
    query = rows.over(base, known, [fold.lacks for fold in folds], beside=True)
    columns = [rows.written(column) for fold in folds for column in fold.columns()]
    subject = column("subject", "row")
    # Asked for in order: rows an index gives by subject are then added up without a sort above the fence.
    query = query.order_by(subject.copy())
    return exp.select(subject, *columns).from_(fenced(query, "row")).group_by(subject.copy())


class _Fold:
    """One fold: the value of a row, the fold over those known, and what the others lack."""

    def __init__(self, node: Node, number: int, words: Translator) -> None:
        self.number, self.condition = number, node.args[-1]
        holds = words.figure(self.condition)
        self.lacks = words.lacks(self.condition)
        if node.op == "sum":
            figure = node.args[0]
            self.lacks = cases((holds.copy(), words.lacks(figure)), otherwise=self.lacks)
            holds = cases((exp.true(), words.figure(figure)), (exp.false(), integer(0)), of=holds)
        self.value = words.layers.share(holds)
        self.raw = _RAW[node.op](self.value)
        self.unknown = missing(self.value.copy())

    @property
    def known(self) -> list[Sql]:
        return [self.raw, self.unknown]

    def columns(self) -> list[Sql]:
        lacking = call("bit_or", cases((self.unknown, self.lacks)))
        return [named(self.raw, f"t_{self.number}"), named(lacking, f"n_{self.number}")]


def _total(value: Sql) -> Sql:
    high = call("sum", cast(infix(exp.BitwiseRightShift, value, whole(_HALF)), "int"))
    low = call("sum", cast(infix(exp.BitwiseAnd, value.copy(), integer(2**_HALF - 1)), "int"))
    joined = infix(exp.Add, infix(exp.BitwiseLeftShift, high, whole(_HALF)), low)
    return cases((within(high.copy(), -_JOINED, _JOINED), joined), otherwise=integer(_BEYOND))


_RAW: dict[str, Callable[[Sql], Sql]] = {
    "sum": _total,
    "count": lambda value: call("count", cases((value, whole(1)))),
    "any": lambda value: call("bool_or", value),
    "all": lambda value: call("bool_and", value),
}
