"""All URLs: each app's web part under its own prefix."""

from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView

from .api import api
from .home import home, search, switch_post

urlpatterns = [
    path("", home, name="home"),
    path("search/", search, name="search"),
    path("post/", switch_post, name="switch_post"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("records/", include("nuanxin.records.web.urls")),
    path("approvals/", include("nuanxin.approvals.web.urls")),
    path("registry/", include("nuanxin.registry.web.urls")),
    path("policy/", include("nuanxin.policy.web.urls")),
    path("casework/", include("nuanxin.casework.web.urls")),
    path("funds/", include("nuanxin.ledger.web.urls")),
    path("payments/", include("nuanxin.payments.web.urls")),
    path("messages/", include("nuanxin.messaging.web.urls")),
    path("drives/", include("nuanxin.campaigns.web.urls")),
    path("returns/", include("nuanxin.reporting.web.urls")),
    path("reviews/", include("nuanxin.reviews.web.urls")),
    path("simulation/", include("nuanxin.simulation.web.urls")),
    path("api/", api.urls),
    path("favicon.ico", RedirectView.as_view(url="/static/kernel/favicon.svg", permanent=True)),
]
if settings.DEBUG:
    urlpatterns.append(path("kernel/", include("nuanxin.kernel.web.urls")))

handler400 = "nuanxin.config.errors.bad_request"
handler403 = "nuanxin.config.errors.forbidden"
handler404 = "nuanxin.config.errors.not_found"
handler500 = "nuanxin.config.errors.server_error"
