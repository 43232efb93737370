from django.urls import path

from . import views

app_name = "messaging"
urlpatterns = [
    path("", views.Messages.as_view(), name="messages"),
    path("wordings/", views.wordings, name="wordings"),
    path("persons/<int:pk>/", views.choice, name="choice"),
    path("<int:pk>/", views.message, name="message"),
    path("<int:pk>/letter.pdf", views.letter, name="letter"),
    path("<int:pk>/<slug:name>/", views.act, name="act"),
]
