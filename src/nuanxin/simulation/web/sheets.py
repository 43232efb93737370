"""What a run came to, as tables for the page and the workbook alike, as charts, and in one sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nuanxin.kernel.money import Money, format_yuan
from nuanxin.kernel.web.charts import BarChart, Series
from nuanxin.ledger.models import Fund
from nuanxin.registry.labels import label

from .. import queries
from ..measuring import BANDS, WIDTH
from ..models import Run, Tally
from ..queries import Moves
from ..rules import scenarios_of

#: Rows of a table the page shows; the workbook has all of them.
SHOWN = 60
_UNNAMED = gettext_lazy("未填写")


@dataclass(frozen=True)
class Sheet:
    """A table: `bands` are headings over several columns, (words, columns); money cells are Money."""

    key: str
    title: Any
    headings: Sequence[Any]
    rows: Sequence[Sequence[Any]]
    bands: Sequence[tuple[Any, int]] = ()
    note: Any = ""
    foot: Sequence[Any] = ()

    @property
    def full_headings(self) -> tuple[str, ...]:
        """Each heading with the one above it, for a workbook."""
        over = [words for words, columns in self.bands for _column in range(columns)]
        over = over or [""] * len(self.headings)
        return tuple(f"{words} {own}".strip() for words, own in zip(over, self.headings, strict=True))

    @property
    def wide(self) -> bool:
        return len(self.headings) > 8

    @property
    def shown(self) -> Sequence[Sequence[Any]]:
        return self.rows[:SHOWN]

    @property
    def hidden(self) -> int:
        return max(0, len(self.rows) - SHOWN)


def names(run: Run) -> list[str]:
    """The rules in force and the scenarios, by name."""
    return [_("现行政策"), *(scenario.name for scenario in scenarios_of(run))]


class Report:
    """Everything the page of a finished run shows."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.names = names(run)
        self.scenarios = range(1, len(run.variants))
        self.causes = {variant: queries.moves(run, variant, "cause") for variant in self.scenarios}
        self.totals = {variant: queries.total(self.causes[variant].values()) for variant in self.scenarios}

    def sheets(self, free: bool) -> list[Sheet]:
        """All tables; `free`: with what the funds have free."""
        found = [self.by_county(), self.by_cause(), self.classes(), self.costs(), self.by_fund(free)]
        found += [self.matrix(variant) for variant in self.scenarios]
        return [sheet for sheet in [*found, self.missing()] if sheet.rows]

    # -- sentences ------------------------------------------------------------------------------

    def findings(self) -> list[tuple[str, str, Moves]]:
        """Each scenario's name, its finding in one sentence, and the figures."""
        return [
            (self.names[v], self.finding(self.names[v], self.totals[v]), self.totals[v])
            for v in self.scenarios
        ]

    def finding(self, name: str, moves: Moves) -> str:
        words = _(
            "按“%(name)s”，%(place)s %(households)s 户中，新纳入 %(enters)s 户，退出 %(leaves)s 户，"
            "类别变化 %(changes)s 户；全年救助支出由 %(now)s 元变为 %(then)s 元（%(difference)s 元）。"
        )
        return words % {
            "name": name,
            "place": self.run.place.local_name,
            "households": f"{moves.households:,}",
            "enters": f"{moves.enters:,}",
            "leaves": f"{moves.leaves:,}",
            "changes": f"{moves.changes:,}",
            "now": format_yuan(moves.now),
            "then": format_yuan(moves.then),
            "difference": signed(moves.difference),
        }

    # -- tables ---------------------------------------------------------------------------------

    def moved(self, key: str, title: Any, first: Any, by: str, called: dict[str, str]) -> Sheet:
        """Moves and costs for each county or cause, the scenarios side by side, the largest first."""
        found = {
            v: self.causes[v] if by == "cause" else queries.moves(self.run, v, by) for v in self.scenarios
        }
        order = sorted(found[1], key=lambda name: -abs(found[1][name].difference.fen))
        each = [_("新纳入"), _("退出"), _("类别变化"), _("无法判定"), _("增减（元）")]
        headings = [
            first,
            _("户数"),
            _("现行支出（元）"),
            *(heading for _v in self.scenarios for heading in each),
        ]
        bands = [("", 3), *((self.names[variant], len(each)) for variant in self.scenarios)]
        rows = [
            self.line(called.get(name) or str(_UNNAMED), [found[v][name] for v in self.scenarios])
            for name in order
        ]
        foot = self.line(_("合计"), [queries.total(found[v].values()) for v in self.scenarios])
        return Sheet(key, title, headings, rows, bands, foot=foot)

    def line(self, name: str, moves: Sequence[Moves]) -> list[Any]:
        cells: list[Any] = [name, moves[0].households, moves[0].now]
        for one in moves:
            cells += [one.enters, one.leaves, one.changes, one.untold, one.difference]
        return cells

    def by_county(self) -> Sheet:
        return self.moved("counties", _("分地区"), _("地区"), "org_id", queries.units(self.run))

    def by_cause(self) -> Sheet:
        called = {code: label("main_cause", code) for code in self.causes[1]}
        return self.moved("causes", _("分致困原因"), _("主要致困原因"), "cause", called)

    def classes(self) -> Sheet:
        rows = [[self.result(name), *counts] for name, counts in queries.classes(self.run).items()]
        return Sheet("classes", _("各类户数"), [_("认定结论"), *self.names], rows)

    def matrix(self, variant: int) -> Sheet:
        """From which class to which: rows are the rules in force, columns the scenario."""
        cells = queries.matrix(self.run, variant)
        order = list(queries.classes(self.run))
        rows = [[self.result(now), *(cells.get((now, then), 0) for then in order)] for now in order]
        title = _("类别去向：%(name)s") % {"name": self.names[variant]}
        note = _("行是现行政策下的结论，列是方案下的结论。")
        headings = [_("现行结论"), *map(self.result, order)]
        return Sheet(f"matrix{variant}", title, headings, rows, note=note)

    def costs(self) -> Sheet:
        """What each benefit comes to in a year, and for how many households."""
        found = queries.tally(self.run, Tally.Kind.DUE)
        rows = [[self.said("benefits", key), *self.pairs(found[key])] for key in sorted(found)]
        foot = [_("合计"), *self.summed(found.values())] if rows else []
        return Sheet(
            "costs", _("分待遇的全年支出"), self.priced(_("待遇")), rows, self.over(), self.open_note(), foot
        )

    def by_fund(self, free: bool) -> Sheet:
        """What falls to each source: the first that may pay a benefit."""
        found = queries.tally(self.run, Tally.Kind.DUE, "fund")
        held = queries.free_by_source(self.run.place_id) if free else {}
        called = dict(Fund.Source.choices)
        order = [code for code in [*called, ""] if code in found]
        headings, bands = self.priced(_("资金来源")), self.over()
        if free:
            headings, bands = [*headings, _("今日可用余额（元）")], [*bands, ("", 1)]
        rows = [
            [
                str(called.get(code, _("政策包未指明"))),
                *self.pairs(found[code]),
                *([held.get(code, Money(0))] if free else []),
            ]
            for code in order
        ]
        note = _("每项待遇记在政策包所列的第一个资金来源名下；余额为测算范围内各级账户合计。")
        return Sheet("funds", _("分资金来源"), headings, rows, bands, note)

    def missing(self) -> Sheet:
        """What most keeps households from being decided."""
        found = queries.tally(self.run, Tally.Kind.MISSING)
        order = sorted(found, key=lambda name: -max(count for count, _fen in found[name]))
        rows = [[self.said("inputs", name), *(count for count, _fen in found[name])] for name in order]
        note = _("一户可能同时缺几项。补齐后这些家庭才能判定。")
        return Sheet("missing", _("无法判定的家庭缺什么"), [_("缺少的信息"), *self.names], rows, note=note)

    def open_note(self) -> str:
        """How many filed households have a benefit that cannot be told."""
        found = queries.tally(self.run, Tally.Kind.OPEN)
        most = sum(pairs[0][0] for pairs in found.values())
        if not most:
            return ""
        return _("现行政策下有 %(n)s 户次的待遇因信息不全算不出，未计入支出。") % {"n": f"{most:,}"}

    def priced(self, first: Any) -> list[Any]:
        return [first, *(heading for _name in self.names for heading in (_("户数"), _("全年支出（元）")))]

    def over(self) -> list[tuple[Any, int]]:
        return [("", 1), *((name, 2) for name in self.names)]

    def pairs(self, found: Iterable[tuple[int, Money]]) -> list[Any]:
        return [cell for pair in found for cell in pair]

    def summed(self, found: Iterable[Sequence[tuple[int, Money]]]) -> list[Any]:
        columns = list(zip(*found, strict=True))
        return self.pairs((sum(n for n, _f in one), Money.total(fen for _n, fen in one)) for one in columns)

    def said(self, kind: str, name: str) -> str:
        return queries.said(self.run, kind, name)

    def result(self, name: str) -> str:
        return self.said("results", name)

    # -- charts ---------------------------------------------------------------------------------

    def class_chart(self) -> BarChart:
        found = queries.classes(self.run)
        series = [Series(name, [counts[v] for counts in found.values()]) for v, name in enumerate(self.names)]
        now, then = self.totals[1].filed, [self.totals[v].filed_then for v in self.scenarios]
        title = self.changing(
            _("符合建档条件的家庭由 %(now)s 户变为 %(then)s 户"),
            _("符合建档条件的家庭仍为 %(now)s 户"),
            now,
            then,
        )
        return BarChart(title, _("认定结论"), [self.result(name) for name in found], series, _("户"))

    def changing(self, moved: str, same: str, now: int, then: Sequence[int]) -> str:
        """One sentence about a figure that the scenarios change or leave."""
        if set(then) == {now}:
            return same % {"now": f"{now:,}"}
        return moved % {"now": f"{now:,}", "then": " / ".join(f"{count:,}" for count in then)}

    def band_chart(self) -> BarChart | None:
        """Income as a share of the line; None where no pack of the run knows both."""
        found = queries.tally(self.run, Tally.Kind.BAND)
        nobody = [(0, Money(0))] * len(self.run.variants)
        bands = [found.get(str(band), nobody) for band in range(BANDS + 1)]
        if not any(count for pairs in bands for count, _fen in pairs):
            return None
        series = [Series(name, [pairs[v][0] for pairs in bands]) for v, name in enumerate(self.names)]
        now, *then = (sum(pairs[v][0] for pairs in bands[: 100 // WIDTH]) for v in self.run.variants)
        title = self.changing(
            _("月人均收入低于低保标准的家庭由 %(now)s 户变为 %(then)s 户"),
            _("月人均收入低于低保标准的家庭仍为 %(now)s 户"),
            now,
            then,
        )
        return BarChart(title, _("月人均收入相当于低保标准的"), bands_said(), series, _("户"))


def bands_said() -> list[str]:
    """'0–25%', ..., '300% 以上'."""
    named = [f"{band * WIDTH}–{(band + 1) * WIDTH}%" for band in range(BANDS)]
    return [*named, _("%(share)s%% 以上") % {"share": BANDS * WIDTH}]


def signed(amount: Money) -> str:
    """'+1,200.00'."""
    return ("+" if amount.fen > 0 else "") + format_yuan(amount)
