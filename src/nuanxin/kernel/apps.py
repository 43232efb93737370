"""The application config every app of the house uses."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig


class RoomConfig(AppConfig):
    """Loads the parts of a room that announce themselves: permissions and event handlers."""

    default = False
    default_auto_field = "django.db.models.BigAutoField"

    def __init_subclass__(cls) -> None:
        """Each room's own config is the one Django picks in its apps.py, not this imported base."""
        cls.default = True

    def ready(self) -> None:
        for part in ("permissions", "handlers", "work"):
            if find_spec(f"{self.name}.{part}"):
                import_module(f"{self.name}.{part}")


class KernelConfig(RoomConfig):
    name = "nuanxin.kernel"
    label = "kernel"
