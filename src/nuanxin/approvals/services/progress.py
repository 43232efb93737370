"""What a word came to."""

from dataclasses import dataclass

from ..models import ProcessStep


@dataclass(frozen=True)
class Progress:
    """ "waiting" (more votes needed), "moved", "done", "returned" or "refused".

    `step` is where the process stands now; None when it is over or with its maker.
    """

    outcome: str
    step: ProcessStep | None
