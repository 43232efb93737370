"""Writes of approvals."""

from .beginning import Matter, begin, begin_many
from .conflicts import bar, declare_kin, withdraw_kin
from .deputies import end_deputy, name_deputy
from .loading import load_routes
from .progress import Progress
from .routes import (
    activate_route,
    draft_route,
    drop_step,
    move_step,
    put_step,
    rename_route,
    return_route,
    submit_route,
    withdraw_route,
)
from .speaking import pass_notice, speak, speak_many, take_back
from .votes import close, open_process, vote

__all__ = [
    "Matter",
    "Progress",
    "activate_route",
    "bar",
    "begin",
    "begin_many",
    "close",
    "declare_kin",
    "draft_route",
    "drop_step",
    "end_deputy",
    "load_routes",
    "move_step",
    "name_deputy",
    "open_process",
    "pass_notice",
    "put_step",
    "rename_route",
    "return_route",
    "speak",
    "speak_many",
    "submit_route",
    "take_back",
    "vote",
    "withdraw_kin",
    "withdraw_route",
]
