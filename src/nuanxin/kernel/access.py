"""Every view declares who may open it; a house test finds those that do not."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from . import scope

#: A page, an API operation: whatever answers a request.
View = Callable[..., Any]


def needs(*permissions: str) -> Callable[[View], View]:
    """The view needs one of these permissions of the current actor (Denied becomes a 403 page)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor = scope.current()
            if not actor.can_any(permissions):
                actor.require(permissions[0])
            return view(request, *args, **kwargs)

        guarded.permissions = permissions  # type: ignore[attr-defined]
        return guarded

    return decorate


def signed_in(view: View) -> View:
    """Anyone with a post may open the view; what it shows is their own."""
    view.permissions = ("*",)  # type: ignore[attr-defined]
    return view


def open_to_all(reason: str) -> Callable[[View], View]:
    """The view is public; `reason` says why."""

    def decorate(view: View) -> View:
        view.open_because = reason  # type: ignore[attr-defined]
        return view

    return decorate
