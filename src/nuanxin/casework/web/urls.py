from django.urls import path

from .views import aid, applications, files, lists, papers, queues, visits

app_name = "casework"
urlpatterns = [
    path("files/", lists.Files.as_view(), name="files"),
    path("files/queues/", queues.FileQueues.as_view(), name="file_queues"),
    path("files/officer/", queues.assign_officer, name="assign_officer"),
    path("files/<int:pk>/", files.file, name="file"),
    path("files/<int:pk>/print/", files.print_file, name="print_file"),
    path("files/<int:pk>/pdf/", files.file_pdf, name="file_pdf"),
    path("files/<int:pk>/close/", files.close, name="close_file"),
    path("visits/", visits.visits, name="visits"),
    path("visits/<int:pk>/", visits.visit, name="visit"),
    path("applications/", lists.Applications.as_view(), name="applications"),
    path("applications/new/", lists.Candidates.as_view(), name="candidates"),
    path("applications/roster/", applications.start_roster, name="start_roster"),
    path("applications/<int:pk>/", applications.application, name="application"),
    path(
        "applications/<int:pk>/documents/<int:document>/",
        applications.remove_document,
        name="remove_document",
    ),
    path("applications/<int:pk>/<slug:name>/", applications.act, name="act"),
    path("applications/objections/<int:pk>/settle/", applications.settle, name="settle"),
    path("applications/assessments/<int:pk>/", papers.assessment, name="assessment"),
    path("households/<int:pk>/as-of/", papers.as_of, name="as_of"),
    path("applications/notices/<int:pk>/", papers.notice, name="notice"),
    path("applications/notices/<int:pk>/pdf/", papers.notice_pdf, name="notice_pdf"),
    path("aid/", lists.AidLists.as_view(), name="aid_lists"),
    path("aid/new/", aid.new, name="new_aid_list"),
    path("aid/<int:pk>/", aid.AidListPage.as_view(), name="aid_list"),
    path("aid/<int:pk>/<slug:name>/", aid.act, name="act_on_list"),
    path("aid/awards/<int:pk>/", papers.award, name="award"),
    path("aid/omissions/<int:pk>/", papers.omission, name="omission"),
]
