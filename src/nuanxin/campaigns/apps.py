from nuanxin.kernel.apps import RoomConfig


class CampaignsConfig(RoomConfig):
    name = "nuanxin.campaigns"
    label = "campaigns"
