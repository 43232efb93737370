"""Who may open a document: the app that owns the record says so; without a rule nobody may."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nuanxin.kernel.actor import Actor
from nuanxin.records.models import Attachment


@dataclass(frozen=True)
class Rule:
    """Any of `permissions` opens the documents of a kind of record; some categories need one more."""

    permissions: tuple[str, ...]
    also: Mapping[str, str] = field(default_factory=dict)


_rules: dict[str, Rule] = {}


def opened_by(kind: str, *permissions: str, also: Mapping[str, str] | None = None) -> None:
    """Declare who may open the documents of a model ("app.Model"), and which categories need more."""
    _rules[kind] = Rule(permissions, also or {})


def openers(kind: str) -> tuple[str, ...]:
    """The permissions of which one opens documents of this kind."""
    return _rules[kind].permissions if kind in _rules else ()


def may_open(attachment: Attachment, actor: Actor) -> bool:
    """Whether the actor, who sees the row, may also read the document."""
    rule = _rules.get(attachment.kind)
    if rule is None or not actor.can_any(rule.permissions):
        return False
    also = rule.also.get(attachment.category)
    return also is None or actor.can(also)
