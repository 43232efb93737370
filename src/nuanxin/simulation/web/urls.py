from django.urls import path

from .views import runs, scenarios

app_name = "simulation"
urlpatterns = [
    path("", scenarios.Scenarios.as_view(), name="scenarios"),
    path("new/", scenarios.new, name="new"),
    path("<int:pk>/", scenarios.scenario, name="scenario"),
    path("<int:pk>/packs/<int:base>/", scenarios.pack, name="pack"),
    path("<int:pk>/proposals/<int:changed>/", scenarios.propose, name="propose"),
    path("<int:pk>/standards/", scenarios.change_standard, name="change_standard"),
    path("<int:pk>/start/", scenarios.start, name="start"),
    path("<int:pk>/<slug:name>/", scenarios.act, name="act"),
    path("runs/", runs.Runs.as_view(), name="runs"),
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/delete/", runs.delete, name="delete_run"),
    path("runs/<int:pk>/households/<int:variant>/", runs.Households.as_view(), name="households"),
]
