"""Field groups: which permission opens which facts of a person, household or expense.

One definition for pages, lists, exports and the API. A field belongs to at most one group; of a child
some more fields are closed by the group children, whatever they hold.
"""

from datetime import date
from typing import Any

from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.identity import mask_name

from .models import Circumstance, Expense, Household, Person
from .permissions import REVEAL, SEE_CHILDREN, SEE_FINANCE, SEE_HEALTH
from .words import in_words

IDENTITY, FINANCE, HEALTH, CHILDREN = "identity", "finance", "health", "children"
PERMISSIONS = {IDENTITY: REVEAL, FINANCE: SEE_FINANCE, HEALTH: SEE_HEALTH, CHILDREN: SEE_CHILDREN}
#: What stands on a page in place of a closed fact.
HIDDEN = "•••"
#: A person is a child until this birthday.
OF_AGE = 18

_FIELDS: dict[Any, dict[str, tuple[str, ...]]] = {
    Person: {
        IDENTITY: ("id_cipher", "phone_cipher", "contact_cipher"),
        FINANCE: ("monthly_income",),
        HEALTH: ("health", "disability_kind", "disability_level", "medical_insurance"),
    },
    Household: {
        IDENTITY: ("card_cipher",),
        FINANCE: ("annual_income", "other_income", "loss", "bank", "branch", "card_mask"),
    },
    Expense: {FINANCE: ("amount",)},
}
_GROUP = {
    (model, name): group
    for model, groups in _FIELDS.items()
    for group, names in groups.items()
    for name in names
}
#: What is closed of a child beside what is closed of everybody.
CHILD_FIELDS = frozenset(
    ["name", "pinyin", "initials", "born_on", "id_mask", "id_expires_on", "phone_mask", "contact_mask",
     "school", "school_entered", "school_years"]
)  # fmt: skip
#: Kinds of spending that tell of somebody's health.
HEALTH_KINDS = frozenset([Expense.Kind.MEDICAL, Expense.Kind.DISABILITY])


def may(actor: Actor, group: str) -> bool:
    """Whether the actor may see the facts of a group; full numbers are of the group identity."""
    return actor.can(PERMISSIONS[group])


def group_of(model: Any, field: str) -> str | None:
    """The group of a column, also in the history of its table; None when all who see the row see it."""
    return _GROUP.get((getattr(model, "pgh_tracked_model", model), field))


def closed_fields(model: Any, actor: Actor | None = None) -> frozenset[str]:
    """The columns of a model the actor may not see of anybody: nor sort, filter or export by."""
    actor = actor or scope.current()
    return frozenset(name for (of, name), group in _GROUP.items() if of is model and not may(actor, group))


def is_child(person: Any, day: date | None = None) -> bool:
    """Under 18 on the day, today by default."""
    day, born = day or timezone.localdate(), person.born_on
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day)) < OF_AGE


def groups_of(row: Any, name: str) -> set[str]:
    """The groups that must all be open for one fact of a row: a person, household, expense, or a period."""
    if isinstance(row, Circumstance):
        return _of_period(row) if name == "value" else set()
    model = getattr(type(row), "pgh_tracked_model", type(row))
    found = {group_of(model, name)}
    if model is Person and name in CHILD_FIELDS and is_child(row):
        found.add(CHILDREN)
    if model is Expense and name == "kind" and row.kind in HEALTH_KINDS:
        found.add(HEALTH)
    return {group for group in found if group}


def _of_period(row: Circumstance) -> set[str]:
    """The groups of what a fact was for a time: those the fact is of today."""
    owner = row.person if row.person_id else row.household
    return groups_of(owner, row.fact)


def may_see(row: Any, name: str, actor: Actor | None = None) -> bool:
    """Whether the actor (the current one by default) may see a fact of a row."""
    actor = actor or scope.current()
    return all(may(actor, group) for group in groups_of(row, name))


def shown(row: Any, name: str, actor: Actor | None = None) -> str:
    """A fact as the actor may read it: in words, or "•••"; of a child's name the surname stays."""
    if may_see(row, name, actor):
        return in_words(row, name)
    return mask_name(row.name) if name == "name" else HIDDEN
