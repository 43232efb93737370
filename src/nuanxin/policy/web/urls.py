from django.urls import path

from . import views

app_name = "policy"
urlpatterns = [
    path("", views.packs, name="packs"),
    path("packs/<int:pk>/", views.pack, name="pack"),
]
