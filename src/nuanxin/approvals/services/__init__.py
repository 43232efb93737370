"""Writes of approvals."""

from .beginning import Matter, begin, begin_many
from .conflicts import bar, declare_kin, withdraw_kin
from .deputies import end_deputy, name_deputy
from .loading import load_routes
from .progress import Progress
from .speaking import pass_notice, speak, speak_many, take_back
from .votes import close, open_process, vote

__all__ = [
    "Matter",
    "Progress",
    "bar",
    "begin",
    "begin_many",
    "close",
    "declare_kin",
    "end_deputy",
    "load_routes",
    "name_deputy",
    "open_process",
    "pass_notice",
    "speak",
    "speak_many",
    "take_back",
    "vote",
    "withdraw_kin",
]
