from nuanxin.kernel.apps import RoomConfig


class PolicyConfig(RoomConfig):
    name = "nuanxin.policy"
    label = "policy"
