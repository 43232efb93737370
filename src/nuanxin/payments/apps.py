from nuanxin.kernel.apps import RoomConfig


class PaymentsConfig(RoomConfig):
    name = "nuanxin.payments"
    label = "payments"
