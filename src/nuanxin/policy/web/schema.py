"""The published format of a pack, for editors that complete and check one while it is written."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control

from nuanxin.kernel.access import open_to_all

from ..engine import schema


@open_to_all("The format of packs is published; it says nothing of anyone.")
@cache_control(public=True, max_age=3600)
def pack_schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema (draft 2020-12) of a pack."""
    return HttpResponse(schema.text(), content_type="application/schema+json; charset=utf-8")
