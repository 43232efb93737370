"""Rules on their way into force: a pack and lines that wait for a second person, a line sent back."""

from datetime import date

from nuanxin.policy import admission, library
from nuanxin.policy import services as policy
from nuanxin.policy.models import StandardsChange

from . import standards
from .cast import Cast
from .machinery import Agenda
from .tree import COUNTIES, PROVINCE

PACK_CODE = "filing.yunling"
#: What the province changes in the model: migrant workers may be filed after six months instead of twelve.
CHANGES = (
    ("{zh: 困难职工建档标准（三类）, en: Filing standard in three classes}",
     "{zh: 云岭省困难职工建档标准, en: Yunling filing standard}"),
    ("{zh: 省总工会, en: Provincial federation of trade unions}",
     "{zh: 云岭省总工会, en: Yunling Province Federation of Trade Unions}"),
    ("困难职工档案管理办法（示范文本）", "关于放宽困难农民工建档条件的通知（虚构）"),
    ("Measures for the files of workers in difficulty (model text)",
     "Notice on easier filing of migrant workers (invented)"),
    ("migrant_months: {type: number, value: 12", "migrant_months: {type: number, value: 6"),
    ("{zh: 农民工在城镇就业满一年, en: migrant worker with a year of employment in town}",
     "{zh: 农民工在城镇就业满半年, en: migrant worker with half a year of employment in town}"),
    ("employment_months: 12}\n    expect", "employment_months: 6}\n    expect"),
    ("{zh: 农民工就业十一个月, en: migrant worker with eleven months}",
     "{zh: 农民工就业五个月, en: migrant worker with five months}"),
    ("employment_months: 11}\n    expect", "employment_months: 5}\n    expect"),
)  # fmt: skip


def plan(cast: Cast, agenda: Agenda) -> None:
    """Plan what the province, the prefecture and Meili propose for next year."""
    begin = date(agenda.today.year + 1, 1, 1)
    agenda.on(agenda.ago(6), _propose_pack, cast, begin, agenda.ago(9))
    agenda.on(agenda.ago(4), _propose_lines, cast, begin, agenda.ago(5))
    agenda.on(agenda.ago(3), _return_line, cast, begin, agenda.ago(7))


def pack_text(begin: date, issued: date) -> str:
    """The model of three classes as the province would have it."""
    model = library.model("filing-three-class")
    assert model is not None
    text = admission.adapted(model.pack.text, code=PACK_CODE, place=PROVINCE, version=1)
    dates = (
        (f"valid: [{model.pack.valid_from}, null]", f"valid: [{begin}, null]"),
        (f"date: {model.pack.source.issued}", f"date: {issued}"),
    )
    for old, new in (*CHANGES, *dates):
        if old not in text:
            raise ValueError(f"the model of three classes no longer says: {old}")
        text = text.replace(old, new)
    return text


def _propose_pack(cast: Cast, begin: date, issued: date) -> None:
    with cast.acting("province"):
        policy.submit_proposal(proposal=policy.draft_proposal(text=pack_text(begin, issued)))


def _propose_lines(cast: Cast, begin: date, issued: date) -> None:
    """The prefecture's table: every county's lines of town and country."""
    year = begin.year
    entries = [
        {
            "place": county.code,
            "residence": residence,
            "value": str(standards.line(county, residence == "urban", year, year - 1)),
        }
        for county in COUNTIES
        for residence in ("urban", "rural")
    ]
    with cast.acting("prefecture"):
        change = _draft(
            entries,
            f"雪山州关于公布{year}年城乡居民最低生活保障标准的通知（虚构）",
            f"Xueshan's notice of the living-allowance lines of {year} (invented)",
            begin,
            issued,
        )
        policy.submit_change(change=change)


def _return_line(cast: Cast, begin: date, issued: date) -> None:
    """Meili's own line, sent back by its decision maker: two digits were swapped."""
    with cast.acting("reviewer"):
        change = _draft(
            [{"place": COUNTIES[0].code, "residence": "urban", "value": "976"}],
            f"梅里县关于调整{begin.year}年城镇低保标准的通知（虚构）",
            f"Meili's notice on the urban line of {begin.year} (invented)",
            begin,
            issued,
        )
        change = policy.submit_change(change=change)
    with cast.acting("decider"):
        policy.return_change(change=change, reason="文件写的是 796 元，表中为 976 元，请核对后重新提交。")


def _draft(
    entries: list[dict[str, str]], document: str, document_en: str, begin: date, issued: date
) -> StandardsChange:
    return policy.draft_change(
        code="dibao",
        entries=entries,
        document=document,
        document_en=document_en,
        document_date=issued,
        valid_from=begin,
    )
