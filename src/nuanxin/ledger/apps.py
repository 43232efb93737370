from nuanxin.kernel.apps import RoomConfig


class LedgerConfig(RoomConfig):
    name = "nuanxin.ledger"
    label = "ledger"
