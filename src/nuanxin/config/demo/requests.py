"""What is asked for in the demo, programme by programme: the answers, and how far each application gets."""

from dataclasses import dataclass, field
from typing import Any

#: How far an application gets: each step includes those before it.
DRAFT, SUBMITTED, CHECKED, DECIDED, PAID = range(5)


@dataclass(frozen=True, slots=True)
class Request:
    """One application: for whom, what is answered, from which fund, so many days back, and how it ends.

    `who`: worker (head of a family without a file), filed (a family with one), pupil, firm. `home` is the
    county's first union. `ends`: "" as far as it got, returned, refused. `aside`: a clause of the pack two
    people set aside; only proposed while the application stays a draft.
    """

    programme: str
    who: str
    days: int
    until: int = SUBMITTED
    answers: dict[str, Any] = field(default_factory=dict)
    fund: str = "own"
    home: bool = False
    ends: str = ""
    aside: str = ""
    outcome: str = ""


def _need(cause: str, yuan: int, story: str) -> dict[str, Any]:
    return {"need_cause": cause, "needed": str(yuan), "what_happened": story}


def _school(stage: str, school: str, aided: bool = False) -> dict[str, Any]:
    return {
        "stage": stage, "school": school, "hardship": True, "other_parent_aided": False,
        "aided_elsewhere": aided, "fee_free": False, "contracted": False,
    }  # fmt: skip


def _case(matter: str, wanted: str, yuan: int, course: str) -> dict[str, Any]:
    return {
        "matter": matter, "wanted": wanted, "other_side": "鑫源建材有限公司（虚构）",
        "in_dispute": str(yuan), "course": course,
    }  # fmt: skip


def _fees(size: str, yuan: int) -> dict[str, Any]:
    return {"size": size, "union_formed": True, "period": "上半年", "fees_paid": str(yuan), "refunded": "0"}


ILL = {"patient": "本人", "hospital": "州人民医院"}
SERIOUS = {"diagnosed": True, "self_paid": "126000", "patient": "本人，白血病"}
BURNT = _need("accident", 2600, "上月厨房失火，家具被褥烧毁，急需安置。")
UNPAID = _need("wage_loss", 2500, "停产三个月没有发工资，孩子学费和房租都已到期。")
HURT = _need("accident", 3000, "送餐途中摔伤住院，押金还差三千元。")
FLOOD = _need("disaster", 1800, "山洪进屋，粮食和家电被冲走。")
WAGES = "拖欠三个月工资，多次讨要未果，愿意先调解。"
INJURY = "上班时被机器轧伤手指，单位未报工伤。"
MEDIATED = "经劳动争议调解委员会调解，单位当场付清拖欠工资一万二千元。"

COUNTY = (
    Request("temporary-aid", "worker", 3, DRAFT, FLOOD, home=True),
    Request("temporary-aid", "worker", 4, SUBMITTED, UNPAID, home=True),
    Request("temporary-aid", "worker", 8, CHECKED, BURNT),
    Request("temporary-aid", "worker", 45, PAID, UNPAID, home=True),
    Request("medical-aid", "filed", 6, CHECKED, ILL, "provincial", home=True),
    Request("medical-aid", "filed", 24, DECIDED, ILL, "provincial"),
    Request("major-illness-aid", "worker", 20, DECIDED, SERIOUS),
    Request("golden-autumn", "pupil", 5, SUBMITTED, _school("higher", "云岭大学"), "provincial"),
    Request("golden-autumn", "pupil", 60, PAID, _school("higher", "雪山学院"), "provincial", home=True),
    Request(
        "golden-autumn", "pupil", 58, PAID, _school("secondary", "县第一中学", True), "provincial",
        aside="aided_elsewhere",
    ),
    Request(
        "golden-autumn", "pupil", 4, DRAFT, _school("higher", "云岭医学院", True), "provincial",
        aside="aided_elsewhere", home=True,
    ),
    Request("legal-aid", "worker", 5, SUBMITTED, _case("injury", "lawyer", 38_000, INJURY), home=True),
    Request(
        "legal-aid", "worker", 50, DECIDED, _case("wages", "mediation", 12_000, WAGES), outcome=MEDIATED
    ),
    Request("fee-refund", "firm", 6, SUBMITTED, _fees("small", 4860)),
    Request("fee-refund", "firm", 48, PAID, _fees("micro", 1230)),
)  # fmt: skip
#: Of the first county only.
MORE = (
    Request("temporary-aid", "worker", 9, SUBMITTED, HURT, home=True, ends="returned"),
    Request(
        "temporary-aid", "worker", 15, SUBMITTED, _need("illness", 900, "门诊慢性病用药，自付九百元。"),
        ends="refused",
    ),
    Request("golden-autumn", "pupil", 20, CHECKED, _school("secondary", "县第二中学"), "provincial"),
)  # fmt: skip
ASIDE = "教育部门只补助五百元，学费仍缺三千多元，经集体研究建议给予助学。"
RETURNED = "缺少住院押金单，请补交后再提交。"
REFUSED = "门诊慢性病用药可由医保报销，不属于突发急难。"

#: Aid before its papers: days back, yuan, whether it is decided.
ACTS_FIRST = ((50, 2500, True), (36, 2600, True), (12, 1800, True), (0, 3000, False))
QUICK = "电话核实，本人到场，村（社区）干部在场证实。"
