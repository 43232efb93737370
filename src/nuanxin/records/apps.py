from nuanxin.kernel.apps import RoomConfig


class RecordsConfig(RoomConfig):
    name = "nuanxin.records"
    label = "records"
