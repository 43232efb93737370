from nuanxin.kernel.apps import RoomConfig


class ApprovalsConfig(RoomConfig):
    name = "nuanxin.approvals"
    label = "approvals"
