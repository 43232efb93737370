from django.urls import path

from . import drives, people, visits

app_name = "campaigns"
urlpatterns = [
    path("", drives.Drives.as_view(), name="drives"),
    path("new/", drives.new_drive, name="new_drive"),
    path("<int:pk>/", drives.DrivePage.as_view(), name="drive"),
    path("<int:pk>/edit/", drives.edit_drive, name="edit_drive"),
    path("<int:pk>/files/", people.Files.as_view(), name="files"),
    path("<int:pk>/worker/", people.worker, name="worker"),
    path("<int:pk>/group/", people.group, name="group"),
    path("<int:pk>/return/", drives.return_drive, name="return_drive"),
    path("<int:pk>/print/", drives.printed, name="print"),
    path("<int:pk>/<slug:action>/", drives.act, name="act"),
    path("visits/", visits.visits, name="visits"),
    path("visits/<int:pk>/", visits.visit, name="visit"),
]
