from django.urls import path

from . import views

app_name = "ledger"
urlpatterns = [
    path("", views.funds, name="funds"),
    path("<int:pk>/", views.FundPage.as_view(), name="fund"),
    path("<int:pk>/appropriate/", views.appropriate, name="appropriate"),
    path("<int:pk>/receive/", views.receive, name="receive"),
    path("transfers/<int:pk>/", views.transfer, name="transfer"),
    path("transfers/<int:pk>/reverse/", views.reverse_transfer, name="reverse"),
]
