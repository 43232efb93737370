"""Refusals: the one way a service says no."""

from typing import Any


class Refused(Exception):
    """A rule of the field forbids the act.

    `message` is for people (lazy, translated), `code` for programs, `field` the form field at
    fault when there is one. Nothing has been written when it is raised inside a service.
    """

    def __init__(self, message: Any, *, code: str = "refused", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field

    def __str__(self) -> str:
        return str(self.message)


class OutOfSight(Refused):
    """The record does not exist, or lies outside the actor's scope: the two look alike on purpose."""

    def __init__(self, kind: str, key: object) -> None:
        from django.utils.translation import gettext_lazy as _

        super().__init__(_("未找到该记录，或不在您的管辖范围内。"), code="out_of_sight")
        self.kind = kind
        self.key = key
