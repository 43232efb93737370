"""Sample documents: one page each that says what it stands for and that it is invented."""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import typst

_PAGE = """
#set page(width: 148mm, height: 105mm, margin: 14mm, fill: rgb("#fffdf9"))
#set text(font: "{font}", lang: "zh", size: 11pt)
#align(center)[#text(size: 17pt)[{title}] \\ #text(size: 9pt, fill: gray)[{english}]]
#v(6mm)
#table(columns: (28mm, 1fr), stroke: 0.4pt + gray, inset: 7pt,
  [用途], [工会帮扶申请材料], [说明], [演示样本，内容均为虚构。 A sample; everything in it is invented.])
#v(1fr)
#align(right)[#text(size: 8pt, fill: gray)[暖心演示数据 Nuanxin demo data]]
"""
_PAPERS: dict[str, tuple[str, str, Literal["pdf", "png"]]] = {
    "application": ("申请书", "Application", "pdf"),
    "identity": ("身份证复印件", "Copy of the ID card", "png"),
    "consent": ("家庭经济状况核查授权书", "Consent to a means check", "pdf"),
    "diagnosis": ("诊断证明", "Diagnosis", "png"),
    "bill": ("费用票据", "Bills", "png"),
    "employer": ("单位证明", "Employer's statement", "pdf"),
    "cause_proof": ("困难原因证明", "Proof of the cause of the hardship", "pdf"),
    "household": ("户口簿", "Household register", "png"),
    "income_proof": ("收入证明", "Proof of income", "pdf"),
    "admission": ("录取通知书", "Letter of admission", "png"),
    "facts": ("案情材料", "Account of the case", "pdf"),
    "licence": ("营业执照", "Business licence", "png"),
    "firm_size": ("小微企业认定材料", "Proof of a small firm", "pdf"),
    "fee_proof": ("工会经费缴纳凭证", "Proof of union fees paid", "pdf"),
    "account": ("单位银行账户信息", "Account of the unit", "pdf"),
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A document: its category in casework, its file name, its bytes."""

    category: str
    name: str
    body: bytes


@cache
def paper(category: str) -> Paper:
    """The sample of a category; made once, so that the store keeps it once."""
    title, english, kind = _PAPERS[category]
    source = _PAGE.format(font="Noto Sans CJK SC", title=title, english=english)
    spec = find_spec("manimgx_fonts_cjk")
    folders = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    fonts = typst.Fonts(include_system_fonts=False, font_paths=folders)
    body = typst.compile(source.encode(), font_paths=fonts, format=kind, ppi=96.0)
    return Paper(category, f"{title}.{kind}", body)


def for_case(main_cause: str, full: bool) -> list[Paper]:
    """What a family brings, by the main cause of its difficulty; of old cases no more than is asked for."""
    more = {"major_illness": ("diagnosis", "bill"), "schooling": ("bill",)}.get(main_cause, ("employer",))
    asked = ("application", "identity", "household", "consent", "income_proof")
    return [paper(category) for category in (*asked, *more[: None if full else 1])]
