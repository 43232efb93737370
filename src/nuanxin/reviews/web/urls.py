from django.urls import path

from . import batches, differences, reviews

app_name = "reviews"
urlpatterns = [
    path("", reviews.Reviews.as_view(), name="reviews"),
    path("new/", reviews.new_review, name="new_review"),
    path("new/count/", reviews.preview, name="preview"),
    path("<int:pk>/", reviews.ReviewPage.as_view(), name="review"),
    path("<int:pk>/propose/", batches.propose, name="propose"),
    path("<int:pk>/decide/", batches.decide, name="decide"),
    path("<int:pk>/<slug:action>/", reviews.act, name="act"),
    path("differences/<int:pk>/", differences.difference, name="difference"),
    path("differences/<int:pk>/<slug:name>/", differences.act, name="act_on_difference"),
]
