"""Addresses of employers, unions, members and the standing queues."""

from django.urls import path

from . import employers, members, queues, working

patterns = [
    path("employers/", employers.Employers.as_view(), name="employers"),
    path("employers/new/", employers.create, name="employer_new"),
    path("employers/link/", employers.link, name="employers_link"),
    path("employers/<int:pk>/", employers.EmployerPage.as_view(), name="employer"),
    path("employers/<int:pk>/edit/", employers.edit, name="employer_edit"),
    path("employers/<int:pk>/union/", employers.union, name="employer_union"),
    path("employers/<int:pk>/close/", employers.close, name="employer_close"),
    path("employers/<int:pk>/workers/add/", employers.add_worker, name="worker_add"),
    path("unions/", members.unions, name="unions"),
    path("unions/<int:pk>/", members.UnionPage.as_view(), name="union"),
    path("unions/<int:pk>/enrol/", members.enrol, name="enrol"),
    path("unions/<int:pk>/join/", members.join, name="join"),
    path("members/<int:pk>/", members.membership, name="membership"),
    path("members/<int:pk>/transfer/", members.transfer, name="membership_transfer"),
    path("members/<int:pk>/leave/", members.leave, name="membership_leave"),
    path("persons/<int:pk>/work/", working.work, name="work"),
    path("persons/<int:pk>/employer/", working.employ, name="employ"),
    path("persons/<int:pk>/join/", working.join, name="person_join"),
    path("queues/", queues.Queues.as_view(), name="queues"),
]
