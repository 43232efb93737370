"""The rules by which two rows are likely one person, as joins: one definition for entry, import and bulk.

Each is a condition between `p`, a registered person, and `q`, whatever is asked about: a person being
entered, the rows of a roster, or the registered persons themselves. `q` has the columns of `QUESTION`.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

#: What is asked about: null where it is not known. `fixed` is the ID number without its birth date and check
#: digit, as the mask shows it.
QUESTION = {
    "id": "bigint",
    "org_path": "text",
    "name": "text",
    "pinyin": "text",
    "born_on": "date",
    "fixed": "text",
    "phone_hash": "bytea",
}


@dataclass(frozen=True)
class Rule:
    """`weight`: bits of evidence, as a likelihood ratio's logarithm; `near`: within one county only."""

    code: str
    label: Any
    on: str
    weight: float
    near: bool = False


#: Of two birth dates one slip apart, two of these agree.
_DAY = ("year", "month", "day")

RULES = (
    Rule("phone_name", _("手机号和姓名相同"), "p.phone_hash = q.phone_hash AND p.name = q.name", 20),
    Rule(
        "name_birth",
        _("同县同名、出生日期相同"),
        "p.name = q.name AND p.born_on = q.born_on",
        14,
        near=True,
    ),
    Rule(
        "phone_sound",
        _("手机号相同、姓名同音"),
        "p.phone_hash = q.phone_hash AND p.pinyin = q.pinyin AND p.name <> q.name",
        12,
    ),
    # the first six and the serial digits agree, so that only a part of the birth date in between was mistyped
    Rule(
        "name_serial",
        _("同县同名、身份证号仅出生日期不同"),
        "p.name = q.name AND p.fixed = q.fixed AND p.born_on <> q.born_on AND 2 = "
        + " + ".join(
            f"(date_part('{part}', p.born_on) = date_part('{part}', q.born_on))::int" for part in _DAY
        ),
        11,
        near=True,
    ),
)
#: Rules that only some of the callers can ask, and what the statistical comparison is called.
LABELS = {rule.code: rule.label for rule in RULES} | {
    "old_id": _("15位旧身份证号是同一号码"),
    "id_slip": _("身份证号只差一位或相邻两位对调"),
    "name_address": _("同名、住址相同"),
    "card": _("银行卡号相同"),
    "model": _("多项信息相近"),
}
WEIGHTS = {rule.code: rule.weight for rule in RULES} | {
    "old_id": 30.0,
    "id_slip": 16.0,
    "name_address": 10.0,
    "card": 6.0,
}

#: What a comparison was of, and how it came out, for the explanation of a pair.
WHAT = {
    "rule": _("规则"),
    "prior": _("起点"),
    "name": _("姓名"),
    "birth": _("出生日期"),
    "number": _("身份证号其余各位"),
    "sex": _("性别"),
    "phone": _("手机"),
    "address": _("住址"),
    "household": _("同住一户"),
}
HOW = {
    "prior": _("任意两人是同一人的机会"),
    "same": _("相同"),
    "swapped": _("字相同、次序不同"),
    "sound": _("同音"),
    "letter": _("差一个字"),
    "slip": _("差一位或两位对调"),
    "alike": _("相近"),
    "other": _("不同"),
    "unknown": _("无法比较"),
}

#: The lowest node above both rows: the longest beginning that ends in a slash.
ABOVE = "substring({0} || ' ' || {1} FROM '^(.*/).* \\1')"
_NEAR = (
    "EXISTS (SELECT FROM orgs_node n WHERE n.path = "
    + ABOVE.format("p.org_path", "q.org_path")
    + " AND n.kind NOT IN ('national', 'province', 'prefecture'))"
)


def fixed(mask: str) -> str:
    """SQL for `fixed` from a masked number."""
    return f"left({mask}, 6) || substr({mask}, 15, 3)"


#: The registered persons who still stand for somebody, with the columns of a question.
PERSONS = (
    f"(SELECT id, org_path, name, pinyin, born_on, {fixed('id_mask')} AS fixed, phone_hash"
    " FROM registry_person WHERE merged_into_id IS NULL)"
)


def matches(question: str, persons: str = PERSONS, *, once: bool = False) -> str:
    """SQL for the pairs by all rules: rule, asked and found (keys), weight, above (the node above both).

    `question` is a relation with the columns of QUESTION. `once`: it holds registered persons only, so
    each pair is given once, the lower key first.
    """
    order = "q.id < p.id" if once else "q.id IS DISTINCT FROM p.id"
    parts = [
        f"SELECT '{rule.code}' AS rule, q.id AS asked, p.id AS found, {rule.weight} AS weight,"
        f" {ABOVE.format('p.org_path', 'q.org_path')} AS above"
        f" FROM {question} q JOIN {persons} p ON {rule.on} WHERE {order}"
        + (f" AND {_NEAR}" if rule.near else "")
        for rule in RULES
    ]
    return " UNION ALL ".join(parts)
