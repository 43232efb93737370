"""API operations: the packs in force, their texts, and the standards that stand at a place on a day."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.orgs.models import Node

from . import queries
from .models import Pack, Parameter
from .permissions import SEE

router = Router()


class PackOut(Schema):
    """A version of a pack. `place` is the code of its organisation, null for all; `valid_to` the first day
    it is no longer in force."""

    sha256: str
    code: str
    version: int
    programme: str
    title: str
    title_en: str
    place: str | None
    valid_from: date
    valid_to: date | None


class StandardOut(Schema):
    """A standard; `value` in yuan when `money`, else a number, as text. `place` as with packs."""

    id: int
    code: str
    name: str
    name_en: str
    place: str | None
    residence: str
    money: bool
    value: str
    valid_from: date
    valid_to: date | None
    document: str
    document_en: str


@router.get("/packs", response=list[PackOut])
@needs(SEE)
def packs(request: HttpRequest, day: date | None = None, place: str = "") -> list[dict[str, Any]]:
    """The packs in force on a day (today); with the code of a place only those that rule there."""
    found = queries.packs_in_force(day or timezone.localdate())
    if place:
        path = _path(place)
        near: dict[str, Pack] = {}
        for row in sorted(found, key=lambda row: len(row.org_id or "")):
            if path.startswith(row.org_id or ""):
                near[row.programme] = row
        found = list(near.values())
    return [_pack(row) for row in found]


@router.get("/packs/{sha256}/text")
@needs(SEE)
def pack_text(request: HttpRequest, sha256: str) -> HttpResponse:
    """The file of a pack, byte for byte, by its hash."""
    row = get_or_out_of_sight(Pack.objects.all(), sha256=sha256)
    return HttpResponse(row.text.encode(), content_type="application/yaml; charset=utf-8")


@router.get("/standards", response=list[StandardOut])
@needs(SEE)
def standards(
    request: HttpRequest, code: str = "", day: date | None = None, place: str = ""
) -> list[dict[str, Any]]:
    """The rows that stand on a day (today) above, at and below a place (one's own); the nearest counts."""
    path = _path(place) if place else scope.current().org_path
    rows = queries.standards_for_page(day or timezone.localdate(), path)
    return [_standard(row) for row in (rows.filter(code=code) if code else rows)]


def _path(place: str) -> str:
    return get_or_out_of_sight(Node.objects.all(), code=place).path


def _pack(row: Pack) -> dict[str, Any]:
    title = row.checked().title
    return {
        "sha256": row.sha256,
        "code": row.code,
        "version": row.version,
        "programme": row.programme,
        "title": title.zh,
        "title_en": title.en,
        "place": row.org.code if row.org else None,
        "valid_from": row.valid.lower,
        "valid_to": row.valid.upper,
    }


def _standard(row: Parameter) -> dict[str, Any]:
    money = row.amount is not None
    return {
        "id": row.pk,
        "code": row.code,
        "name": row.name,
        "name_en": row.name_en,
        "place": row.org.code if row.org else None,
        "residence": row.residence,
        "money": money,
        "value": str(row.amount.to_yuan()) if row.amount is not None else row.plain_number,
        "valid_from": row.valid.lower,
        "valid_to": row.valid.upper,
        "document": row.document,
        "document_en": row.document_en,
    }
