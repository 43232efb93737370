from django.urls import path

from . import views

app_name = "payments"
urlpatterns = [
    path("", views.Batches.as_view(), name="batches"),
    path("dues/", views.Dues.as_view(), name="dues"),
    path("make/", views.make, name="make"),
    path("<int:pk>/", views.BatchPage.as_view(), name="batch"),
    path("<int:pk>/send/", views.send, name="send"),
    path("<int:pk>/result/", views.result, name="result"),
    path("<int:pk>/dissolve/", views.dissolve, name="dissolve"),
]
