from django.http import HttpRequest, HttpResponse

from nuanxin.kernel.access import needs

from ..permissions import RUN


@needs(RUN)
def run(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse("")
