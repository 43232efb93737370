from django.urls import path

from . import views

app_name = "simulation"
urlpatterns = [
    path("runs/<int:pk>/", views.run, name="run"),
]
