"""The application config every app of the house uses."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig


class RoomConfig(AppConfig):
    """Loads the parts of a room that announce themselves: permissions and event handlers."""

    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        for part in ("permissions", "handlers", "work"):
            if find_spec(f"{self.name}.{part}"):
                import_module(f"{self.name}.{part}")


class KernelConfig(RoomConfig):
    name = "nuanxin.kernel"
    label = "kernel"
