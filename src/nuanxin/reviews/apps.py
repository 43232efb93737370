from nuanxin.kernel.apps import RoomConfig


class ReviewsConfig(RoomConfig):
    name = "nuanxin.reviews"
    label = "reviews"
