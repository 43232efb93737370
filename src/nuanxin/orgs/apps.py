from nuanxin.kernel.apps import RoomConfig


class OrgsConfig(RoomConfig):
    name = "nuanxin.orgs"
    label = "orgs"
