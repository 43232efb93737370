from nuanxin.kernel.apps import RoomConfig


class RegistryConfig(RoomConfig):
    name = "nuanxin.registry"
    label = "registry"
