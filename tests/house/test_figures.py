"""No figure of a local rule stands in the code: amounts, shares and places are in the packs and standards."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from nuanxin.policy.programme_reading import load_file

ROOT = Path(__file__).resolve().parents[2]
#: The demo invents amounts; the kit of the interface draws and shows examples.
CODE = [
    path
    for path in sorted((ROOT / "src" / "nuanxin").rglob("*.py"))
    if "demo" not in path.parts and "kernel/web" not in path.as_posix()
]
PROVINCES = re.compile(
    "北京|天津|河北|山西|内蒙古|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南"
    "|重庆|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|Henan|Yunnan|Shandong|Hubei|Anhui|Guizhou"
)
#: Nothing, units and places after the point: nobody's rule.
TECHNICAL = re.compile(r"-?0|-?10*|0\.0*1")
#: An example of how a place is written, shown to who fills in a roster.
EXAMPLES = {"registry/roster/columns.py", "registry/roster/problems.py"}
#: Where a programme is named because the programme has pages or acts of its own there.
NAMED = {
    "casework/determination.py": {"filing", "living-aid"},
    "casework/guards.py": {"filing"},
    "casework/models/base.py": {"filing"},
    "casework/web/views/starting.py": {"filing"},
    "reviews/packs.py": {"filing"},
    "simulation/planning.py": {"filing", "living-aid", "medical-aid", "accident-aid"},
    "campaigns/limits.py": {"send-warmth"},
    "reporting/sources.py": {"send-warmth"},
}
#: The names of purposes in the books are words, not rules.
WORDS = {"ledger/purposes.py"}


@cache
def _nodes(path: Path) -> tuple[ast.Call | ast.Constant, ...]:
    """The calls and the constants of a file."""
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return tuple(node for node in tree if isinstance(node, ast.Call | ast.Constant))


def _amounts(path: Path) -> Iterator[int | float | str]:
    """Amounts and shares written out: Money(500), Money.yuan(5), Decimal("0.6"), Fraction(3, 5)."""
    for node in _nodes(path):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in ("Money", "Money.yuan", "Decimal", "Fraction"):
                yield from (
                    part.value
                    for part in node.args
                    if isinstance(part, ast.Constant) and not TECHNICAL.fullmatch(str(part.value))
                )


@cache
def _texts(path: Path) -> frozenset[str]:
    return frozenset(
        node.value for node in _nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _short(path: Path) -> str:
    return path.relative_to(ROOT / "src" / "nuanxin").as_posix()


def test_no_amount_or_share_is_written_in_the_code():
    found = {_short(path): list(_amounts(path)) for path in CODE}
    assert {path: amounts for path, amounts in found.items() if amounts} == {}


def test_the_search_sees_amounts(tmp_path):
    file = tmp_path / "rules.py"
    file.write_text("cap = Money.yuan(6000)\nshare = Fraction(3, 5)\nnone = Money(0)\n")
    assert list(_amounts(file)) == [6000, 3, 5]


def test_no_province_is_named_in_the_code():
    named = {_short(path) for path in CODE for text in _texts(path) if PROVINCES.search(text)}
    assert named == EXAMPLES


@pytest.mark.parametrize(
    "code", [load_file(path).code for path in (ROOT / "packs" / "programmes").glob("*.yaml")]
)
def test_a_programme_is_named_only_where_it_has_acts_of_its_own(code):
    where = {_short(path) for path in CODE if "migrations" not in path.parts and code in _texts(path)} - WORDS
    assert where == {path for path, codes in NAMED.items() if code in codes}
