from django.urls import path

from . import changes, packs, programme_proposals, programmes, proposals, schema, selftest, standards

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
    path("programmes/", programmes.programmes, name="programmes"),
    path("programmes/<str:code>/", programmes.programme, name="programme"),
    path("programmes/<str:code>/text/", programmes.programme_text, name="programme_text"),
    path("programmes/<str:code>/own/", programme_proposals.own_programme, name="own_programme"),
    path(
        "programme-proposals/",
        programme_proposals.ProgrammeProposals.as_view(),
        name="programme_proposals",
    ),
    path(
        "programme-proposals/<int:pk>/",
        programme_proposals.programme_proposal,
        name="programme_proposal",
    ),
    path(
        "programme-proposals/<int:pk>/edit/",
        programme_proposals.edit_programme,
        name="edit_programme",
    ),
    path(
        "programme-proposals/<int:pk>/return/",
        programme_proposals.return_programme,
        name="return_programme",
    ),
    path(
        "programme-proposals/<int:pk>/<slug:act>/",
        programme_proposals.programme_act,
        name="programme_act",
    ),
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
