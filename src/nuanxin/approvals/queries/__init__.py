"""Reads of routes, processes, steps and votes."""

from .processes import (
    has_part,
    open_steps,
    open_to,
    overdue,
    stands_for,
    step_of,
    steps_of,
    votes_of,
    waiting_for,
)
from .routes import Chosen, route_in_force, routes_in_force, steps_for

__all__ = [
    "Chosen",
    "has_part",
    "open_steps",
    "open_to",
    "overdue",
    "route_in_force",
    "routes_in_force",
    "stands_for",
    "step_of",
    "steps_for",
    "steps_of",
    "votes_of",
    "waiting_for",
]
