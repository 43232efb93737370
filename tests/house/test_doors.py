"""Every door is watched: views and API operations declare a permission, tables have a policy."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from nuanxin.config.api import api
from nuanxin.kernel.permissions import declared
from nuanxin.kernel.rls import unscoped_models

#: Views of libraries, which declare nothing: by module, with the reason they are open.
LIBRARIES = {
    "allauth.": "signing in and out and the second factor guard themselves",
    "django.views.i18n": "choosing a language needs no account",
    "django.views.generic.base": "the redirect to the icon",
    "django.views.static": "static files in development",
    "ninja.": "operations are checked one by one below; the page describes them",
}


def views(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        where = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from views(entry, where)
        elif isinstance(entry, URLPattern):
            yield where, entry.callback


ALL_VIEWS = list(views(get_resolver()))


@pytest.mark.parametrize("where, view", ALL_VIEWS, ids=[where for where, _ in ALL_VIEWS])
def test_every_view_declares_who_may_open_it(where: str, view: Any):
    module = getattr(view, "func", view).__module__  # ninja's own pages are partials
    if module.startswith(tuple(LIBRARIES)):
        return
    codes = getattr(view, "permissions", ())
    assert codes or getattr(view, "open_because", ""), f"/{where} declares no permission"
    assert set(codes) <= set(declared()) | {"*"}


def test_every_api_operation_declares_a_permission():
    operations = [
        (f"{bound.prefix} {path}", operation.view_func)
        for bound in api._get_bound_routers()
        for path, view in bound.path_operations.items()
        for operation in view.operations
    ]
    assert operations, "ninja keeps its operations elsewhere now: this test sees none"
    known = {*declared(), "*"}
    undeclared = [where for where, view in operations if not set(getattr(view, "permissions", ())) & known]
    assert not undeclared


@pytest.mark.django_db
def test_every_table_has_a_forced_policy_or_a_reason():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relrowsecurity AND c.relforcerowsecurity"
            " AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)"
        )
        secured = {name for (name,) in cursor.fetchall()}
    open_tables = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.managed
        and model._meta.db_table not in secured
        and model._meta.label.lower() not in unscoped_models()
    ]
    assert not open_tables


@pytest.mark.django_db
def test_reasons_are_not_given_for_tables_that_have_a_policy():
    known = {model._meta.label.lower() for model in apps.get_models()}
    ours = {
        label for label in unscoped_models() if label.split(".")[0] in {"orgs", "records", "ledger", "policy"}
    }
    assert ours <= known


@pytest.mark.django_db
def test_the_runtime_role_is_bound():
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"
        )
        assert cursor.fetchone() == (0,)
