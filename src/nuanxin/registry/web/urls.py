from django.urls import path, re_path

from . import columns, corrections, documents, doubles, households, looks, reveals, rosters
from .employer_urls import patterns as employers_and_queues
from .file_urls import patterns as files_and_transfers

app_name = "registry"
urlpatterns = [
    path("rosters/", rosters.Rosters.as_view(), name="rosters"),
    path("rosters/upload/", rosters.upload, name="roster_upload"),
    re_path(r"^rosters/template/(?P<language>zh|en)/$", rosters.template, name="roster_template"),
    path("rosters/columns/", columns.Mappings.as_view(), name="mappings"),
    path("rosters/columns/<int:pk>/", columns.mapping, name="mapping"),
    path("rosters/<int:pk>/columns/", columns.match, name="roster_columns"),
    path("rosters/<int:pk>/", rosters.RosterPage.as_view(), name="roster"),
    path("rosters/<int:pk>/again/", rosters.again, name="roster_again"),
    path("rosters/<int:pk>/reread/", rosters.reread, name="roster_reread"),
    path("rosters/<int:pk>/commit/", rosters.commit, name="roster_commit"),
    path("rosters/<int:pk>/discard/", rosters.discard, name="roster_discard"),
    path("rosters/<int:pk>/undo/", rosters.undo, name="roster_undo"),
    path("rosters/<int:pk>/returned/", rosters.returned, name="roster_returned"),
    path("rosters/<int:pk>/receipt/", rosters.receipt, name="roster_receipt"),
    path("rosters/<int:pk>/rows/<int:row>/", corrections.row, name="roster_row"),
    path("rosters/<int:pk>/rows/<int:row>/drop/", corrections.drop, name="roster_row_drop"),
    path("households/", households.Households.as_view(), name="households"),
    path("households/<int:pk>/", households.household, name="household"),
    path("households/<int:pk>/edit/", households.edit, name="household_edit"),
    path("households/<int:pk>/card/", households.card, name="household_card"),
    path("households/<int:pk>/expenses/", households.expenses, name="household_expenses"),
    path("households/<int:pk>/expenses/<int:year>/", households.expenses, name="household_expenses"),
    path("households/<int:pk>/documents/add/", documents.add, name="document_add"),
    path("households/<int:pk>/documents/<int:document>/remove/", documents.remove, name="document_remove"),
    path("households/<int:pk>/members/add/", households.add_member, name="member_add"),
    path("households/<int:pk>/members/<int:person>/", households.edit_person, name="person_edit"),
    re_path(r"^reveal/(?P<what>id|phone|contact|card)/(?P<pk>\d+)/$", reveals.reveal, name="reveal"),
    path("looks/", looks.Looks.as_view(), name="looks"),
    path("doubles/", doubles.Likenesses.as_view(), name="likenesses"),
    path("doubles/search/", doubles.search, name="likenesses_search"),
    path("doubles/likely/", doubles.likely, name="likely"),
    path("doubles/<int:pk>/", doubles.likeness, name="likeness"),
    path("doubles/<int:pk>/distinct/", doubles.distinct, name="likeness_distinct"),
    path("doubles/<int:pk>/reopen/", doubles.reopen, name="likeness_reopen"),
    path("doubles/<int:pk>/undo/", doubles.undo, name="likeness_undo"),
    *employers_and_queues,
    *files_and_transfers,
]
