from django.urls import path

from . import people, routes

app_name = "approvals"
urlpatterns = [
    path("routes/", routes.routes, name="routes"),
    path("routes/<int:pk>/", routes.route, name="route"),
    path("routes/<int:pk>/copy/", routes.copy_route, name="copy_route"),
    path("routes/<int:pk>/heading/", routes.route_heading, name="route_heading"),
    path("routes/<int:pk>/steps/new/", routes.route_step, name="new_step"),
    path("routes/<int:pk>/steps/<int:position>/", routes.route_step, name="route_step"),
    path("routes/<int:pk>/steps/<int:position>/<slug:act>/", routes.step_act, name="step_act"),
    path("routes/<int:pk>/return/", routes.return_route, name="return_route"),
    path("routes/<int:pk>/<slug:act>/", routes.route_act, name="route_act"),
    path("mine/", people.mine, name="mine"),
    path("mine/kin/new/", people.new_kin, name="new_kin"),
    path("mine/kin/<int:pk>/withdraw/", people.withdraw_kin, name="withdraw_kin"),
    path("mine/deputy/new/", people.new_deputy, name="new_deputy"),
    path("mine/deputy/<int:pk>/end/", people.end_deputy, name="end_deputy"),
]
