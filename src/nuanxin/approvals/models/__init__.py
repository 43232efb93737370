"""Routes as data, processes and their steps, votes, and the people who may not or who stand in."""

from .people import Barred, Deputy, Kin
from .processes import Process, ProcessStep, Vote
from .routes import Route, RouteStep, StepKind, WhenMissing

__all__ = [
    "Barred",
    "Deputy",
    "Kin",
    "Process",
    "ProcessStep",
    "Route",
    "RouteStep",
    "StepKind",
    "Vote",
    "WhenMissing",
]
