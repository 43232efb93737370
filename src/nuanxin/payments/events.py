"""What payments tells the apps above it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DuesSettled:
    """A bank's result was booked: these dues reached the card, those came back."""

    batch: int
    paid: tuple[int, ...]
    returned: tuple[int, ...]
