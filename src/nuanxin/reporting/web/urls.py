from django.urls import path

from . import views

app_name = "reporting"
urlpatterns = [
    path("", views.Returns.as_view(), name="returns"),
    path("new/", views.create, name="create"),
    path("<int:pk>/", views.report, name="return"),
    path("<int:pk>/derive/", views.derive, name="derive"),
    path("<int:pk>/submit/", views.submit, name="submit"),
    path("<int:pk>/accept/", views.accept, name="accept"),
    path("<int:pk>/return/", views.send_back, name="send_back"),
    path("<int:pk>/correct/", views.correct, name="correct"),
    path("<int:pk>/cells/<str:code>/", views.cell, name="cell"),
    path("<int:pk>/download/", views.download, name="download"),
]
