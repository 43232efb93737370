"""Who could act at a step, and whether there are enough different people for all of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Post

from ..models import StepKind
from .routes import Chosen

#: By unit (its path) and permission, the staff whose word would count there; a deputy's is the holder's.
People = Mapping[tuple[str, str], frozenset[int]]


def people_at(places: Iterable[tuple[str, str]], day: date | None = None) -> People:
    """Who holds a permission at a unit on a day, in a post of their own or standing in; one query."""
    wanted = set(places)
    posts = Post.objects.held_on(day or timezone.localdate()).filter(
        node__path__in={path for path, _permission in wanted},
        role__permissions__overlap=sorted({permission for _path, permission in wanted}),
        node__active=True,
        staff__is_active=True,
    )
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    rows = posts.values_list("node__path", "role__permissions", "staff", "deputy__holder__staff")
    for path, permissions, staff, holder in rows:
        for permission in permissions:
            if (path, permission) in wanted:
                found[path, permission].add(holder or staff)
    return {place: frozenset(found[place]) for place in wanted}


def voting(steps: Iterable[Chosen]) -> list[Chosen]:
    """The steps that somebody has to act at."""
    return [chosen for chosen in steps if chosen.step.kind != StepKind.NOTICE]


def places_of(steps: Iterable[Chosen]) -> set[tuple[str, str]]:
    return {(chosen.node.path, chosen.step.permission) for chosen in voting(steps)}


def first_unstaffed(steps: Sequence[Chosen], people: People, without: frozenset[int]) -> Chosen | None:
    """The first step that cannot be passed because there are not enough different people for it.

    Nobody acts twice on a matter, so each vote that is needed is matched with somebody of its own.
    """
    acts: dict[int, tuple[Chosen, frozenset[int]]] = {}
    matched: dict[int, int] = {}  # staff -> the act they are kept for
    for chosen in voting(steps):
        able = people.get((chosen.node.path, chosen.step.permission), frozenset()) - without
        for _vote in range(chosen.step.needed):
            act = len(acts)
            acts[act] = (chosen, able)
            if not _match(act, acts, matched, set()):
                return chosen
    return None


def _match(
    act: int, acts: Mapping[int, tuple[Chosen, frozenset[int]]], matched: dict[int, int], tried: set[int]
) -> bool:
    """Find somebody for the act, moving others to another act they are able to do."""
    for person in sorted(acts[act][1] - tried):
        tried.add(person)
        if person not in matched or _match(matched[person], acts, matched, tried):
            matched[person] = act
            return True
    return False


def refusal_for(chosen: Chosen) -> Refused:
    """What the officer is told when a step has nobody to act at it."""
    message = _(
        "“%(step)s”这一步在%(unit)s没有足够的人办理（须另有%(needed)s人持有相应权限）；"
        "请先安排岗位或指定代办人，再提交。"
    )
    values = {"step": chosen.step, "unit": chosen.node, "needed": chosen.step.needed}
    return Refused(message % values, code="no_approver")
