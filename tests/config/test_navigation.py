"""The navigation: each role is led to what it may open, in sections that stand apart."""

import pytest
from django.test import RequestFactory
from django.urls import reverse

from nuanxin.config import shell
from nuanxin.orgs.models import Node
from tests.orgs import factories as orgs

pytestmark = pytest.mark.django_db


def nav(node: Node, *permissions: str) -> list[dict[str, object]]:
    return shell._nav(RequestFactory().get("/"), orgs.actor(node, *permissions))


@pytest.mark.parametrize(
    ("permission", "views"),
    [
        ("registry.household.see", {"registry:households", "registry:queues"}),
        ("registry.employer.see", {"registry:employers", "registry:unions"}),
        ("registry.looks.see", {"registry:looks"}),
        ("casework.file.see", {"casework:files", "casework:file_queues"}),
    ],
)
def test_an_entry_is_shown_to_those_who_may_open_it(permission: str, views: set[str]) -> None:
    union = orgs.node("grassroots")
    urls = {reverse(view) for view in views}
    assert urls <= {str(row["url"]) for row in nav(union, permission)}
    assert not urls & {str(row["url"]) for row in nav(union, "orgs.node.see")}


def test_sections_are_not_torn_and_the_phone_has_its_entries() -> None:
    sections = [item.section for item in shell.ITEMS]
    assert sections == sorted(sections)
    assert [item.view for item in shell.ITEMS if item.phone] == [
        "home", "casework:files", "casework:visits", "casework:families", "campaigns:visits"
    ]  # fmt: skip


def test_a_page_without_an_entry_of_its_own_marks_none() -> None:
    actor = orgs.actor(orgs.node("grassroots"), "casework.file.see")
    rows = shell._nav(RequestFactory().get(reverse("approvals:mine")), actor)
    assert not [row for row in rows if row["active"]]
    assert shell._nav(RequestFactory().get("/"), actor)[0]["active"]


def test_of_two_entries_with_one_beginning_the_nearer_is_marked() -> None:
    request = RequestFactory().get(reverse("casework:file_queues"))
    rows = shell._nav(request, orgs.actor(orgs.node("grassroots"), "casework.file.see"))
    assert [row["url"] for row in rows if row["active"]] == [reverse("casework:file_queues")]
