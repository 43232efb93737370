from nuanxin.kernel.apps import RoomConfig


class SimulationConfig(RoomConfig):
    name = "nuanxin.simulation"
    label = "simulation"
