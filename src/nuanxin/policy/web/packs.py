"""Pages anyone with a post may read: the packs in force, coming and past, one in full, and the models."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.access import signed_in
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.orgs.models import Node

from .. import admission, library, standing
from ..engine.pack import Pack as CheckedPack
from ..models import Pack
from ..permissions import PROPOSE_PACK
from .showing import Reader

TABS = {"in_force": _("施行中"), "coming": _("将施行"), "past": _("已不施行")}


def language() -> str:
    return get_language() or "zh"


@signed_in
def packs(request: HttpRequest) -> HttpResponse:
    """The packs in force today, those to come, and those of the past."""
    show = request.GET.get("show", "")
    show = show if show in TABS else "in_force"
    today = timezone.localdate()
    page = {
        "show": show,
        "tabs": TABS.items(),
        "rows": [(row, _heading(row.checked())) for row in standing.packs(show, today)],
        "can_propose": scope.current().can(PROPOSE_PACK),
    }
    return render(request, "policy/packs.html", page)


def _heading(pack: CheckedPack) -> dict[str, str]:
    source = pack.source
    told = {"title": pack.title, "issuer": source.issuer, "document": source.document}
    return {name: text.in_(language()) for name, text in told.items()}


@signed_in
def pack(request: HttpRequest, pk: int) -> HttpResponse:
    """One version of a pack, as an official reads it, with the other versions of its code."""
    row = get_or_out_of_sight(Pack.objects.select_related("org", "proposal__approver"), pk=pk)
    page = {
        "row": row,
        "sheet": Reader(row.checked(), language()).sheet(),
        "versions": standing.versions(row),
        "affected": admission.affected(row.org_id),
        "in_force": standing.packs("in_force", timezone.localdate()).filter(pk=row.pk).exists(),
        "can_propose": scope.current().can(PROPOSE_PACK),
    }
    return render(request, "policy/pack.html", page)


@signed_in
def pack_text(request: HttpRequest, pk: int) -> HttpResponse:
    """The file of a pack, byte for byte."""
    row = get_or_out_of_sight(Pack.objects.all(), pk=pk)
    return as_file(row.text, f"{row.code}-{row.version}.yaml")


def as_file(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text.encode(), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@signed_in
def models(request: HttpRequest) -> HttpResponse:
    """The packs that come with the program, as starting points."""
    page = {
        "rows": [(item, _heading(item.pack)) for item in library.models()],
        "can_propose": scope.current().can(PROPOSE_PACK),
    }
    return render(request, "policy/models.html", page)


@signed_in
def model(request: HttpRequest, key: str) -> HttpResponse:
    """One model in full."""
    found = library.model(key)
    if found is None:
        raise Http404("no such model")
    page: dict[str, Any] = {
        "model": found,
        "sheet": Reader(found.pack, language()).sheet(),
        "can_propose": scope.current().can(PROPOSE_PACK),
    }
    return render(request, "policy/model.html", page)


def starting_text(request: HttpRequest, node: Node) -> str:
    """The text a draft begins with: a stored pack (?pack=) or a model (?model=) made the federation's own."""
    key, number = request.GET.get("model", ""), request.GET.get("pack", "")
    if key:
        found = library.model(key)
        if found is None:
            raise Http404("no such model")
        return _own(found.pack.text, found.pack.code, node)
    if number.isascii() and number.isdigit():
        row = get_or_out_of_sight(Pack.objects.select_related("org"), pk=int(number))
        if row.org and row.org.path.startswith(node.path):
            last = standing.versions(row)[0].version
            return admission.adapted(row.text, code=row.code, place=row.org.code, version=last + 1)
        return _own(row.text, row.code, node)
    return ""


def _own(text: str, code: str, node: Node) -> str:
    own = f"{code}.{node.code.lower()}"[:40]
    last = Pack.objects.filter(code=own).order_by("-version").values_list("version", flat=True).first()
    return admission.adapted(text, code=own, place=node.code, version=(last or 0) + 1)
