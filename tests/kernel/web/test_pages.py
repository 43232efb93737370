"""Sign-in, second factor and error pages: each can be shown, in both languages, without a post."""

from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.forms import ChangePasswordForm, LoginForm
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.shortcuts import render
from django.test import RequestFactory
from django.utils.translation import override


class CodeForm(forms.Form):
    secret = "SECRET"
    code = forms.CharField()


class SignIn(forms.Form):
    login = forms.CharField()
    password = forms.CharField()


CODES = SimpleNamespace(get_unused_codes=lambda: ["1", "2"])
PAGES: dict[str, dict[str, Any]] = {
    "400.html": {},
    "403.html": {"permission": "app.thing.see"},
    "403_csrf.html": {},
    "404.html": {},
    "429.html": {},
    "kernel/no_post.html": {},
    "kernel/refused.html": {"refusal": "<b>no</b>"},
    "account/login.html": {"form": LoginForm},
    "account/logout.html": {},
    "account/password_change.html": {"form": ChangePasswordForm},
    "account/reauthenticate.html": {"form": CodeForm, "reauthentication_alternatives": []},
    "account/locked.html": {},
    "account/account_inactive.html": {},
    "account/signup_closed.html": {},
    "mfa/authenticate.html": {"form": CodeForm},
    "mfa/reauthenticate.html": {"form": CodeForm},
    "mfa/index.html": {"authenticators": {"totp": 1, "recovery_codes": CODES}, "is_mfa_enabled": True},
    "mfa/totp/activate_form.html": {"form": CodeForm, "totp_svg_data_uri": "data:image/svg+xml;base64,"},
    "mfa/totp/deactivate_form.html": {"form": CodeForm},
    "mfa/recovery_codes/generate.html": {"form": CodeForm, "unused_code_count": 2},
    "mfa/recovery_codes/index.html": {"unused_codes": ["1", "2"], "can_view_codes": True},
}


def page(template: str, language: str) -> str:
    request: Any = RequestFactory().get("/")
    request.user, request.session, request.actor = AnonymousUser(), {}, None
    context = {key: value() if isinstance(value, type) else value for key, value in PAGES[template].items()}
    with override(language):
        return render(request, template, context).content.decode()


@pytest.mark.parametrize("template", PAGES)
def test_the_page_is_shown_in_both_languages(template: str) -> None:
    chinese, english = page(template, "zh-hans"), page(template, "en")
    assert 'lang="zh-CN"' in chinese and '<html lang="en"' in english
    assert chinese.count("<h1>") == english.count("<h1>") == 1
    body = english.split("</header>")[1]
    assert not any("一" <= sign <= "鿿" for sign in body.split("<footer")[0])
    assert "<b>no</b>" not in english


def test_the_sign_in_page_keeps_the_name_and_not_the_password() -> None:
    request: Any = RequestFactory().get("/")
    request.user, request.session, request.actor = AnonymousUser(), {}, None
    form = SignIn({"login": 'zhuo"ma', "password": "secret-word"})
    form.add_error(None, "wrong")
    shown = render(request, "account/login.html", {"form": form}).content.decode()
    assert 'value="zhuo&quot;ma"' in shown and "secret-word" not in shown and "wrong" in shown
