from django.urls import path

from . import schema, views

app_name = "policy"
urlpatterns = [
    path("", views.packs, name="packs"),
    path("pack.schema.json", schema.pack_schema, name="schema"),
    path("packs/<int:pk>/", views.pack, name="pack"),
]
