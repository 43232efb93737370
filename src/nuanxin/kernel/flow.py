"""The flow engine: one transition table per state machine.

A table is a `Flow` of `Move`s in an app's flow.py. `fire` locks the row, checks permission, state
and guard, writes, and publishes `Moved` (which the audit trail records), all in one transaction.
The same table becomes a trigger (`guard_trigger`), so the database refuses any other transition.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pgtrigger
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from . import events, scope
from .actor import Actor
from .refusal import OutOfSight, Refused
from .sets import among


@dataclass(frozen=True, slots=True)
class Move:
    """One row of a transition table. `guard(instance, actor, data)` raises Refused to forbid."""

    action: str
    sources: tuple[str, ...]
    target: str
    permission: str
    label: Any
    guard: Callable[[Any, Actor, dict[str, Any]], None] | None = None


@dataclass(frozen=True)
class Moved:
    """A record changed state. Published by the engine for every single move."""

    kind: str
    pk: int
    org_path: str
    flow: str
    action: str
    source: str
    target: str
    note: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MovedMany:
    """Many records of one kind made the same move in one statement."""

    kind: str
    pks: tuple[int, ...]
    org_path: str
    flow: str
    action: str
    source: str
    target: str
    note: str = ""


_flows: dict[str, "Flow"] = {}


def all_flows() -> list["Flow"]:
    """Every flow of the program: for the diagrams in docs and for the words of the audit trail."""
    return list(_flows.values())


class Flow:
    """A state machine: its name, the states with labels, and the moves."""

    def __init__(self, name: str, states: dict[str, Any], moves: list[Move], initial: str) -> None:
        self.name = name
        self.states = states
        self.moves = {move.action: move for move in moves}
        self.initial = initial
        _flows[name] = self
        unknown = {s for m in moves for s in (*m.sources, m.target)} - set(states)
        if unknown or initial not in states or len(self.moves) != len(moves):
            raise ValueError(f"flow {name}: unknown states {unknown}, or an action named twice")

    @property
    def choices(self) -> list[tuple[str, Any]]:
        return list(self.states.items())

    def pairs(self) -> list[tuple[str, str]]:
        return sorted({(s, m.target) for m in self.moves.values() for s in m.sources if s != m.target})

    def guard_trigger(self, field_name: str = "state") -> pgtrigger.FSM:
        """The database's copy of the table, for a model's Meta.triggers."""
        return pgtrigger.FSM(name=f"{self.name}_flow", field=field_name, transitions=self.pairs())

    def allowed(self, instance: Any, actor: Actor) -> list[Move]:
        """The moves this actor may try now, by state and permission (guards are not run)."""
        return [m for m in self.moves.values() if instance.state in m.sources and actor.can(m.permission)]

    def fire(self, instance: Any, action: str, *, note: str = "", **data: Any) -> Any:
        """Make the move on the stored row and return it fresh; `data` sets further fields with it.

        Raises Denied without the permission, OutOfSight when the row is not in scope, Refused when
        the state or the guard forbids.
        """
        actor = scope.current()
        move = self.moves[action]
        actor.require(move.permission)
        model = type(instance)
        with transaction.atomic():
            row = model._default_manager.select_for_update(of=("self",)).filter(pk=instance.pk).first()
            if row is None:
                raise OutOfSight(model._meta.label, instance.pk)
            self._check(row, move, actor, data)
            source, row.state = row.state, move.target
            for name, value in data.items():
                setattr(row, name, value)
            row.save(update_fields=["state", *data])
            events.publish(
                Moved(model._meta.label, row.pk, row.org_id, self.name, action, source, row.state, note)
            )
        return row

    def _check(self, row: Any, move: Move, actor: Actor, data: dict[str, Any]) -> None:
        if row.state not in move.sources:
            raise Refused(
                _("当前状态为“%(state)s”，不能%(action)s。")
                % {"state": self.states[row.state], "action": move.label},
                code="wrong_state",
            )
        if move.guard:
            move.guard(row, actor, data)

    def fire_many(
        self,
        rows: models.QuerySet[Any],
        action: str,
        *,
        org_path: str,
        note: str = "",
        guarded: bool = False,
        **data: Any,
    ) -> list[int]:
        """Make the move on all rows of the queryset that are in one of its source states.

        Set-based: one UPDATE, one event. The guard of a move is not run here; `guarded` says that the
        caller has checked what it asks for on these rows, set-based. Returns the primary keys moved.
        """
        move = self.moves[action]
        scope.current().require(move.permission)
        if move.guard and not guarded:
            raise ValueError(f"{self.name}.{action} has a guard and cannot be fired set-based")
        with transaction.atomic():
            locked = rows.filter(state__in=move.sources).order_by("pk").select_for_update(of=("self",))
            pks = list(locked.values_list("pk", flat=True))
            model = rows.model
            model._default_manager.filter(among(pks)).update(state=move.target, **data)
            if pks:
                source = "|".join(move.sources)
                events.publish(
                    MovedMany(
                        model._meta.label, tuple(pks), org_path, self.name, action, source, move.target, note
                    )
                )
        return pks
