"""Writes: messages are worded, sent, posted, cancelled; people choose whether they are texted."""

from .acts import again, again_many, cancel, choose, post, post_many
from .sending import BATCH, send_due
from .writing import Draft, write

__all__ = [
    "BATCH",
    "Draft",
    "again",
    "again_many",
    "cancel",
    "choose",
    "post",
    "post_many",
    "send_due",
    "write",
]
