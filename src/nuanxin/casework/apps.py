from nuanxin.kernel.apps import RoomConfig


class CaseworkConfig(RoomConfig):
    name = "nuanxin.casework"
    label = "casework"
