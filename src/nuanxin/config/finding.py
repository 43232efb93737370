"""The search box over all rooms: what a text finds, in groups, as rows of a page."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nuanxin.casework import queries as casework
from nuanxin.casework.models import CLASSES, File
from nuanxin.kernel import scope
from nuanxin.registry import groups, services
from nuanxin.registry import queries as registry
from nuanxin.registry.models import Employer, Household, Person
from nuanxin.registry.permissions import SEE_EMPLOYER, SEE_HOUSEHOLD
from nuanxin.registry.queries import Asked, Kind

SEE_FILE = "casework.file.see"
_CLASS = dict(CLASSES)


@dataclass(frozen=True)
class Row:
    """Something found: where it opens, what names it, and what tells it from others of the name."""

    url: str
    title: Any
    notes: list[Any]


@dataclass(frozen=True)
class Group:
    """What was found of one kind; `more` when there is more than is shown."""

    title: Any
    icon: str
    rows: list[Row]
    more: bool = False


@dataclass
class Answer:
    """What the search box says to a text: groups, or a sentence why there are none."""

    asked: Asked
    groups: list[Group] = field(default_factory=list)
    sentence: str = ""


_NOTHING = {
    Kind.EMPTY: gettext_lazy(
        "可以按姓名、拼音、拼音首字母、住址或单位名称的一部分、档案号、完整身份证号或手机号查找；"
        "只显示您管辖范围内的内容。"
    ),
    Kind.SHORT: gettext_lazy("请再多输入一个字：姓名、拼音或首字母至少两个字母。"),
    Kind.PART: gettext_lazy("号码不完整或有误。请输入完整的18位身份证号或11位手机号，并核对每一位。"),
    Kind.NUMBER: gettext_lazy("您管辖范围内没有登记这个号码。请核对号码；新的家庭可以登记或从花名册导入。"),
}


def answer(text: str, *, in_full: bool) -> Answer:
    """What is found in scope. `in_full`: say also which county has an ID number, which is recorded."""
    said = Answer(registry.asked(text))
    actor = scope.current()
    if casework.is_file_number(text):
        said.groups = [*_files(casework.files_numbered(text))] if actor.can(SEE_FILE) else []
    elif actor.can(SEE_HOUSEHOLD):
        said.groups = _registered(text, said.asked)
    if not said.groups:
        said.sentence = _why_nothing(text, said.asked.kind, in_full)
    return said


def _why_nothing(text: str, kind: Kind, in_full: bool) -> str:
    county = services.filed_elsewhere_by_number(text) if in_full and kind is Kind.NUMBER else ""
    if county:
        return _("这个身份证号已在%(county)s登记，不在您的管辖范围内；请与其联系办理转移。") % {
            "county": county
        }
    return str(
        _NOTHING.get(kind) or _("没有符合的家庭、人员或单位。请检查错别字，或只输入姓名、住址的一部分。")
    )


def _registered(text: str, asked: Asked) -> list[Group]:
    found = registry.find(text)
    part = asked.text if asked.kind is Kind.WORDS else ""
    shown: list[Group] = []
    if scope.current().can(SEE_FILE):
        shown += _files(casework.newest_files(found.households), part)
    shown += _group(
        _("登记人员"), "person", (_person(row, part) for row in found.people), "people" in found.more
    )
    shown += _group(_("家庭"), "home", (_home(row, part) for row in found.homes), "homes" in found.more)
    if scope.current().can(SEE_EMPLOYER):
        rows = (_employer(row, part) for row in found.employers)
        shown += _group(_("用人单位"), "building", rows, "employers" in found.more)
    return shown


def _group(title: str, icon: str, rows: Iterable[Row], more: bool) -> list[Group]:
    listed = list(rows)
    return [Group(title, icon, listed, more)] if listed else []


# -- rows ------------------------------------------------------------------------------------------------


def _files(files: list[File], part: str = "") -> list[Group]:
    rows = (_file(row, part) for row in files[: casework.MOST_FOUND])
    return _group(_("职工档案"), "folder", rows, len(files) > casework.MOST_FOUND)


def _file(row: File, part: str) -> Row:
    notes = [row.number, _CLASS[row.clazz], row.get_state_display(), row.org.local_name]
    head = groups.shown(row.household.head, "name")
    return Row(reverse("casework:file", args=[row.pk]), marked(head, part), notes)


def _person(row: Person, part: str) -> Row:
    home = registry.home_of(row)
    notes: list[Any] = [groups.shown(row, "id_mask")]
    if home and home.head_id != row.pk:
        notes.append(_("户主：%(name)s") % {"name": groups.shown(home.head, "name")})
    if row.died_on:
        notes.append(_("已去世"))
    if part and part in row.employer:
        notes.append(marked(row.employer, part))
    notes.append(row.org.local_name)
    url = reverse("registry:household", args=[home.pk]) if home else ""
    return Row(url, marked(groups.shown(row, "name"), part), notes)


def _home(row: Household, part: str) -> Row:
    notes = [marked(row.address, part), row.org.local_name]
    return Row(reverse("registry:household", args=[row.pk]), groups.shown(row.head, "name"), notes)


def _employer(row: Employer, part: str) -> Row:
    try:
        url = reverse("registry:employer", args=[row.pk])
    except NoReverseMatch:
        url = ""
    notes = [row.credit_code or "", _("已注销") if row.closed_on else "", row.org.local_name]
    return Row(url, marked(row.name, part), [note for note in notes if note])


def marked(text: str, part: str) -> Any:
    """The text with the part marked, whatever spaces stand within it and whatever its case."""
    pattern = r"\s*".join(map(re.escape, part))
    found = re.search(pattern, text, re.IGNORECASE) if part else None
    if found is None:
        return text
    before, after = text[: found.start()], text[found.end() :]
    return SafeString(format_html("{}<mark>{}</mark>{}", before, found[0], after))
