from nuanxin.kernel.apps import RoomConfig


class MessagingConfig(RoomConfig):
    name = "nuanxin.messaging"
    label = "messaging"
