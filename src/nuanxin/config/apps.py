from nuanxin.kernel.apps import RoomConfig


class ConfigConfig(RoomConfig):
    name = "nuanxin.config"
    label = "config"
