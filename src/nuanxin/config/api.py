"""The API object: each app's router under its prefix, one session sign-in, one OpenAPI page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.security import django_auth

from nuanxin.campaigns.api import router as campaigns
from nuanxin.casework.api import router as casework
from nuanxin.kernel.access import signed_in
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.ledger.api import router as ledger
from nuanxin.payments.api import router as payments
from nuanxin.policy.api import router as policy
from nuanxin.policy.rules_api import router as rules
from nuanxin.registry.api import router as registry
from nuanxin.reporting.api import router as reporting
from nuanxin.reviews.api import router as reviews
from nuanxin.simulation.api import router as simulation

api = NinjaAPI(title="Nuanxin", version="1", auth=django_auth, urls_namespace="api", docs_decorator=signed_in)
for _prefix, _router in {
    "registry": registry,
    "policy": policy,
    "rules": rules,
    "casework": casework,
    "funds": ledger,
    "payments": payments,
    "drives": campaigns,
    "returns": reporting,
    "reviews": reviews,
    "simulation": simulation,
}.items():
    api.add_router(f"/{_prefix}/", _router, tags=[_prefix])


def _answer(request: HttpRequest, exception: Exception, status: int, body: dict[str, Any]) -> HttpResponse:
    request._failed = exception  # type: ignore[attr-defined]
    return api.create_response(request, body, status=status)


@api.exception_handler(OutOfSight)
def out_of_sight(request: HttpRequest, exception: OutOfSight) -> HttpResponse:
    return _answer(request, exception, 404, {"code": exception.code, "message": str(exception)})


@api.exception_handler(Denied)
def denied(request: HttpRequest, exception: Denied) -> HttpResponse:
    return _answer(request, exception, 403, {"code": "denied", "permission": exception.permission})


@api.exception_handler(Refused)
def refused(request: HttpRequest, exception: Refused) -> HttpResponse:
    return _answer(
        request, exception, 409, {"code": exception.code, "message": str(exception), "field": exception.field}
    )
