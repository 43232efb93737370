"""Sign-in: accounts are made by administrators, never by signing up; each sign-in is recorded."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from nuanxin.kernel import scope
from nuanxin.orgs import queries as orgs
from nuanxin.records import services as records


class Adapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        for post in orgs.posts_of(user.pk)[:1]:
            with scope.acting(post.actor()):
                records.note("account.signed_in", detail={"address": request.META.get("REMOTE_ADDR", "")})
        return super().post_login(request, user, **kwargs)
