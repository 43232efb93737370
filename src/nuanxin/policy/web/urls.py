from django.urls import path

from . import changes, packs, proposals, schema, selftest, standards

app_name = "policy"
urlpatterns = [
    path("", packs.packs, name="packs"),
    path("self-test/", selftest.selftests, name="selftests"),
    path("self-test/<str:programme>/", selftest.selftest, name="selftest"),
    path("pack.schema.json", schema.pack_schema, name="schema"),
    path("packs/<int:pk>/", packs.pack, name="pack"),
    path("packs/<int:pk>/text/", packs.pack_text, name="pack_text"),
    path("models/", packs.models, name="models"),
    path("models/<path:key>/", packs.model, name="model"),
    path("proposals/", proposals.Proposals.as_view(), name="proposals"),
    path("proposals/new/", proposals.new_proposal, name="new_proposal"),
    path("proposals/<int:pk>/", proposals.proposal, name="proposal"),
    path("proposals/<int:pk>/edit/", proposals.edit_proposal, name="edit_proposal"),
    path("proposals/<int:pk>/text/", proposals.proposal_text, name="proposal_text"),
    path("proposals/<int:pk>/return/", proposals.return_proposal, name="return_proposal"),
    path("proposals/<int:pk>/<slug:act>/", proposals.proposal_act, name="proposal_act"),
    path("standards/", standards.standards, name="standards"),
    path("standards/<int:pk>/", standards.standard, name="standard"),
    path("changes/", changes.Changes.as_view(), name="changes"),
    path("changes/new/", changes.new_change, name="new_change"),
    path("changes/<int:pk>/", changes.change, name="change"),
    path("changes/<int:pk>/edit/", changes.edit_change, name="edit_change"),
    path("changes/<int:pk>/entries/", changes.change_entries, name="change_entries"),
    path("changes/<int:pk>/upload/", changes.change_upload, name="change_upload"),
    path("changes/<int:pk>/template/", changes.change_template, name="change_template"),
    path("changes/<int:pk>/return/", changes.return_change, name="return_change"),
    path("changes/<int:pk>/<slug:act>/", changes.change_act, name="change_act"),
]
