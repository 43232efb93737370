"""Each request acts as one Actor, in one transaction, and leaves a trace when it is refused."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from nuanxin.kernel import permissions, scope
from nuanxin.kernel.actor import Actor, Denied
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.orgs import queries as orgs
from nuanxin.records import services as records

#: Paths that work without a post: signing in and out, second factor, language.
WITHOUT_POST = ("/accounts/", "/i18n/", "/static/")


class ActorMiddleware:
    """Sets request.actor from the chosen post and opens the request's transaction."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None  # type: ignore[attr-defined]
        if request.path.startswith(WITHOUT_POST) or not request.user.is_authenticated:
            return self._anonymous(request)
        posts = orgs.posts_of(request.user.pk)
        if not posts:
            return render(request, "kernel/no_post.html", status=403)
        chosen = request.session.get("post")
        post = next((p for p in posts if p.pk == chosen), posts[0])
        actor = post.actor()
        if self._needs_second_factor(request, actor):
            messages.warning(request, _("您的岗位可以审批或付款，请先启用两步验证。"))
            return redirect("mfa_activate_totp")
        request.actor, request.posts, request.post = actor, posts, post  # type: ignore[attr-defined]
        return self._as_actor(request, actor)

    def _anonymous(self, request: HttpRequest) -> HttpResponse:
        was = request.user.pk
        with transaction.atomic():
            response = self.get_response(request)
            transaction.set_rollback(getattr(request, "_failed", None) is not None)
        if was and not request.user.is_authenticated:
            # Drafts kept on the device go with whoever signed out, also where no script ran.
            response["Clear-Site-Data"] = '"storage"'
        return response

    def _as_actor(self, request: HttpRequest, actor: Actor) -> HttpResponse:
        with scope.acting(actor):
            response = self.get_response(request)
            failed = getattr(request, "_failed", None)
            if failed is not None or response.status_code >= 500:
                transaction.set_rollback(True)
        if failed is not None and response.status_code in (403, 404):
            self._record(request, actor, failed, response.status_code)
        return response

    def _record(self, request: HttpRequest, actor: Actor, failed: Exception, status: int) -> None:
        with scope.acting(actor):
            records.note(
                "access.denied" if status == 403 else "access.not_found",
                note=str(failed)[:200],
                detail={"path": request.path[:300], "method": request.method},
            )

    def _needs_second_factor(self, request: HttpRequest, actor: Actor) -> bool:
        if settings.DEMO or not permissions.weighty(actor.permissions):
            return False
        from allauth.mfa.utils import is_mfa_enabled

        return not is_mfa_enabled(request.user)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *args: Any
    ) -> HttpResponse | None:
        """Nobody's request to a watched door leads to the sign-in page and back."""
        watched = getattr(view, "permissions", ())
        if request.actor is None and watched:  # type: ignore[attr-defined]
            return redirect_to_login(request.get_full_path())
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn refusals into pages; every exception undoes what the request wrote."""
        request._failed = exception  # type: ignore[attr-defined]
        if isinstance(exception, OutOfSight):
            raise Http404(str(exception)) from exception
        if isinstance(exception, Denied):
            raise PermissionDenied(exception.permission) from exception
        if isinstance(exception, Refused):
            messages.error(request, str(exception))
            if request.method == "POST":
                return redirect(self._back(request))
            return render(request, "kernel/refused.html", {"refusal": exception}, status=409)
        return None

    def _back(self, request: HttpRequest) -> str:
        """The page the form was on, if it is ours."""
        from django.utils.http import url_has_allowed_host_and_scheme

        referer = request.headers.get("Referer", "")
        here = url_has_allowed_host_and_scheme(
            referer, {request.get_host()}, require_https=request.is_secure()
        )
        return referer if here else reverse("home")
