"""What a changed pack changes, in words: its clauses, and the worked situations that come out differently."""

from collections.abc import Iterator
from dataclasses import dataclass

from nuanxin.policy.engine.editing import editable
from nuanxin.policy.engine.explanation import Explanation
from nuanxin.policy.engine.pack import Pack
from nuanxin.policy.engine.situations import explain_situation
from nuanxin.policy.engine.types import MONEY
from nuanxin.policy.engine.wording import Wording

from .models import ChangedPack


@dataclass(frozen=True, slots=True)
class Changed:
    """One change: what it is about, how it reads in force, and how it would read (None: taken out)."""

    title: str
    article: str
    before: str
    after: str | None


@dataclass(frozen=True, slots=True)
class Differing:
    """A worked situation of the pack and what comes of it before and after."""

    title: str
    before: str
    after: str


def changes_of(changed: ChangedPack, language: str) -> list[Changed]:
    """The changes of a pack, in the order of the pack."""
    return list(_changes(changed, language))


def _changes(changed: ChangedPack, language: str) -> Iterator[Changed]:
    for item in editable(changed.base.checked()):
        title = item.title.in_(language)
        if item.entry and changed.changes.get(item.entry, "") is None:
            yield Changed(title, item.article, item.text, None)
        elif item.path in changed.changes:
            yield Changed(title, item.article, item.text, changed.changes[item.path])


def situations(before: Pack, after: Pack, language: str) -> list[Differing]:
    """The worked situations with another result or another amount, each by its own pack's reading of it."""
    found = []
    for old, new in zip(before.situations, after.situations, strict=True):
        was = _outcome(before, explain_situation(before, old), language)
        becomes = _outcome(after, explain_situation(after, new), language)
        if was != becomes:
            found.append(Differing(old.title.in_(language), was, becomes))
    return found


def _outcome(pack: Pack, explanation: Explanation, language: str) -> str:
    """'深度困难' or '可以发放：7,440.00 元'."""
    result = pack.result_title(explanation.result).in_(language)
    wording = Wording(pack, None, language)
    amounts = [
        wording.figure(benefit.amount.to_yuan(), MONEY)
        for benefit in explanation.benefits
        if benefit.amount is not None
    ]
    return (
        f"{result}：{'、'.join(amounts)}" if amounts and language == "zh" else ": ".join([result, *amounts])
    )
