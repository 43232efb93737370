"""The search box: a family by name, pinyin, initials, file number, full ID number or phone."""

import re
from dataclasses import dataclass

from django.db.models import Prefetch
from django.urls import reverse

from nuanxin.kernel.sets import among
from nuanxin.registry import queries as registry
from nuanxin.registry.models import Household, Member

from ..models import Application, File

MOST_PERSONS = 200
MOST_HITS = 50
_FILE_NUMBER = re.compile(r"[0-9A-Za-z]+-[0-9]{4}-[0-9]*")


@dataclass(frozen=True)
class Hit:
    """A family found: the head's name, the union, its newest file number, and where it opens."""

    name: str
    org: str
    number: str
    url: str


def find(text: str) -> list[Hit]:
    """Families in scope, at most fifty, in the order of the head's pinyin.

    Members are found as well as heads. A full ID number or phone is found by its keyed hash, so it
    is never searched as text.
    """
    text = text.strip()
    if not text:
        return []
    pks = _by_number(text) if _FILE_NUMBER.fullmatch(text) else _by_person(text)
    rows = Household.objects.live().filter(among(pks)).select_related("head", "org")
    newest = (
        Prefetch("files", File.objects.order_by("-id"), to_attr="found_files"),
        Prefetch("applications", Application.objects.order_by("-id"), to_attr="found_applications"),
    )
    return [_hit(row) for row in rows.order_by("head__pinyin", "pk").prefetch_related(*newest)]


def _by_number(text: str) -> list[int]:
    """Households whose file number begins so."""
    found = File.objects.filter(number__startswith=text).order_by("number")
    return list(found.values_list("household", flat=True)[:MOST_HITS])


def _by_person(text: str) -> list[int]:
    """Households in which somebody is called so, or has this ID number or phone."""
    persons = list(registry.find_people(text).values_list("pk", flat=True)[:MOST_PERSONS])
    headed = Household.objects.filter(among(persons, "head")).values_list("pk", flat=True)
    lived_in = Member.objects.filter(among(persons, "person"), until__isnull=True)
    return sorted({*headed, *lived_in.values_list("household", flat=True)})[:MOST_HITS]


def _hit(household: Household) -> Hit:
    files: list[File] = household.found_files  # type: ignore[attr-defined]
    applications: list[Application] = household.found_applications  # type: ignore[attr-defined]
    if files and files[0].state == "open":
        url = reverse("casework:file", args=[files[0].pk])
    elif applications:
        url = reverse("casework:application", args=[applications[0].pk])
    else:
        url = reverse("registry:household", args=[household.pk])
    number = files[0].number if files else ""
    return Hit(household.head.name, household.org.local_name, number, url)
