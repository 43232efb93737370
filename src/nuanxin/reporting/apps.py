from nuanxin.kernel.apps import RoomConfig


class ReportingConfig(RoomConfig):
    name = "nuanxin.reporting"
    label = "reporting"
