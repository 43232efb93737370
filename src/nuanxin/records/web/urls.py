from django.urls import path

from . import views

app_name = "records"
urlpatterns = [
    path("audit/", views.Audit.as_view(), name="audit"),
    path("jobs/<int:pk>/", views.job, name="job"),
    path("jobs/<int:pk>/cancel/", views.cancel_job, name="cancel_job"),
    path("attachments/<int:pk>/", views.attachment, name="attachment"),
    path("attachments/<int:pk>/preview/", views.preview, name="preview"),
]
