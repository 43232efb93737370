"""The gallery of components; mounted only while developing."""

from django.urls import path

from . import gallery

app_name = "kernel"
urlpatterns = [
    path("gallery/", gallery.gallery, name="gallery"),
    path("gallery/job/", gallery.job, name="gallery_job"),
    path("gallery/dialog/", gallery.dialog, name="gallery_dialog"),
    path("gallery/<slug:name>/", gallery.page, name="gallery_page"),
]
