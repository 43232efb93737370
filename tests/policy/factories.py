"""Federations with the two people who put packs and standards in force, and texts for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Node, Post
from nuanxin.policy import permissions, services
from nuanxin.policy.models import PackProposal, StandardsChange
from nuanxin.policy.services import NewStandard
from tests.orgs import factories as orgs

TEXT = """\
pack: {code}
programme: {programme}
version: {version}
title: {{zh: 本地帮扶标准, en: Local aid}}
place: {place}
valid: [{start}, null]
source:
  issuer: {{zh: 县总工会, en: County federation}}
  document: {{zh: 本地帮扶办法, en: Local measures}}
  date: 2024-12-01
subject: household

facts:
  people: {{type: count, zh: 人口, en: people}}
  annual_income: {{type: money, zh: 年收入, en: annual income}}
parameters:
  limit_per_head: {{type: money, value: {limit}, article: 第二条, zh: 人均上限, en: limit a head}}
let:
  per_head: {{zh: 人均年收入, en: annual income a head, is: annual_income / people}}
results:
  grant: {{zh: 给予, en: granted}}
  none: {{zh: 不给予, en: not granted}}
decide:
  - result: grant
    when: per_head <= limit_per_head
    article: 第二条
    because: {{zh: 人均收入未超过上限, en: the income a head is within the limit}}
  - result: none
    because: {{zh: 人均收入超过上限, en: the income a head is over the limit}}
benefits:
  - code: aid
    zh: 帮扶金
    en: aid
    for: [grant]
    amount: 500 yuan * people
    article: 第三条
    because: {{zh: 每人五百元, en: 500 yuan a head}}
    caps:
      - {{code: most, at_most: 1500 yuan, article: 第三条, because: {{zh: 每户封顶, en: cap for a family}}}}
situations:
  - title: {{zh: 两口之家, en: a family of two}}
    given: {{people: 2, annual_income: {income}}}
    expect: {{result: grant, benefits: {{aid: 1000}}}}
"""
DOCUMENT = {
    "document": "关于公布低保标准的通知",
    "document_en": "Notice of the living-allowance lines",
    "document_number": "民发〔2025〕1号",
    "document_date": date(2024, 12, 20),
}


@dataclass
class Home:
    """A federation with a proposer and a decider."""

    node: Node
    proposer: Post
    decider: Post

    @contextmanager
    def acting(self, who: str) -> Iterator[Actor]:
        with scope.acting(getattr(self, who).actor()) as actor:
            yield actor


def home(kind: str = "county", parent: Node | None = None) -> Home:
    node = orgs.node(kind, parent)
    proposer = orgs.post(node, permissions.PROPOSE_PACK, permissions.PROPOSE_STANDARD)
    return Home(node, proposer, orgs.post(node, permissions.ACTIVATE_PACK, permissions.SET_STANDARD))


def text(at: Node | str, **fields: Any) -> str:
    """The text of a sound pack of a place; `income` 10000 fits the situation, `limit` is 6,000 yuan."""
    place = at if isinstance(at, str) else at.code
    values = {
        "code": f"aid.{place.lower()}", "programme": "test-aid", "version": 1, "place": place,
        "start": "2025-01-01", "limit": 6000, "income": 10000,
    }  # fmt: skip
    return TEXT.format(**(values | fields))


# packs


def draft(at: Home, of: str | None = None, **fields: Any) -> PackProposal:
    with at.acting("proposer"):
        return services.draft_proposal(text=text(at.node, **fields) if of is None else of)


def submitted(at: Home, **fields: Any) -> PackProposal:
    made = draft(at, **fields)
    with at.acting("proposer"):
        return services.submit_proposal(proposal=made)


def proposal(at: Home, state: str, **fields: Any) -> PackProposal:
    """A proposal brought into a state by the services."""
    if state == "draft":
        return draft(at, **fields)
    made = submitted(at, **fields)
    if state == "withdrawn":
        with at.acting("proposer"):
            return services.withdraw_proposal(proposal=made)
    with at.acting("decider"):
        if state == "returned":
            return services.return_proposal(proposal=made, reason="倍数请核对")
        if state == "in_force":
            services.activate_proposal(proposal=made)
        made.refresh_from_db()
    return made


# standards


def line(place: Node, yuan: int, residence: str = "urban", start: date = date(2024, 1, 1)) -> NewStandard:
    return NewStandard(
        "dibao", "低保标准", "Living-allowance line", place.path, start, "民发〔2024〕1号", "No. 1 of 2024",
        amount=Money.yuan(yuan), residence=residence,
    )  # fmt: skip


def lines(*standards: NewStandard) -> None:
    """Set as the program itself does at set-up."""
    with scope.acting(system()):
        services.set_standards(standards=standards)


def entry(place: Node | str, value: Any, residence: str = "城镇") -> dict[str, Any]:
    code = place if isinstance(place, str) else place.code
    return {"place": code, "residence": residence, "value": str(value)}


def change(at: Home, *entries: dict[str, Any], **heading: Any) -> StandardsChange:
    """A draft of new living-allowance lines from 2025 on; the standard is known from an earlier line."""
    values = DOCUMENT | {"valid_from": date(2025, 1, 1)} | heading
    with at.acting("proposer"):
        return services.draft_change(code="dibao", entries=entries, **values)


def changed(at: Home, state: str, *entries: dict[str, Any], **heading: Any) -> StandardsChange:
    """A change brought into a state by the services."""
    made = change(at, *entries, **heading)
    if state == "draft":
        return made
    with at.acting("proposer"):
        made = services.submit_change(change=made)
        if state == "withdrawn":
            return services.withdraw_change(change=made)
    with at.acting("decider"):
        if state == "returned":
            return services.return_change(change=made, reason="请核对文件")
        if state == "in_force":
            services.activate_change(change=made)
        made.refresh_from_db()
    return made
