"""The self-test at a place on a day: the rule in force there, its questions, its outcome. Keeps nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from nuanxin.kernel.refusal import OutOfSight
from nuanxin.orgs.models import Node

from . import queries
from .engine import asking
from .engine.asking import Step
from .engine.pack import Pack
from .engine.run import Standard

RESIDENCES = (None, "urban", "rural")
PEOPLE = ("household", "person", "child")  # subjects that can answer for themselves


@dataclass(frozen=True)
class Interview:
    pack: Pack
    place: Node
    day: date

    @cached_property
    def _standards(self) -> dict[str | None, dict[str, Standard]]:
        path = self.place.path
        return {living: queries.standards_at(self.pack, path, self.day, living) for living in RESIDENCES}

    def answer(self, name: str, raw: Any) -> Any:
        """The value of an answer as it was typed or sent; BadAnswer when it is none."""
        return asking.answer(self.pack, name, raw)

    def step(self, answers: Mapping[str, Any]) -> Step:
        """The next question after these answers (None: not known), or the outcome."""
        return asking.step(self.pack, answers, self.day, lambda living: self._standards[living])


def interview(programme: str, place: str, day: date) -> Interview:
    """The self-test of a programme at an organisation, by its path or code; OutOfSight when there is none."""
    node = _node(place)
    pack = queries.pack_in_force(programme, node.path, day)
    if pack is None:
        raise OutOfSight("policy.Pack", programme)
    return Interview(pack, node, day)


def programmes(place: str, day: date) -> list[Pack]:
    """The rules in force at a place that people can test themselves by, in the order of their programmes."""
    path = _node(place).path
    codes = sorted({row.programme for row in queries.packs_in_force(day)})
    found = [queries.pack_in_force(code, path, day) for code in codes]
    return [pack for pack in found if pack is not None and pack.subject in PEOPLE]


def _node(place: str) -> Node:
    node = Node.objects.filter(**{"path" if place.endswith("/") else "code": place}, active=True).first()
    if node is None:
        raise OutOfSight("orgs.Node", place)
    return node
