"""How the figures of contestants are printed: a row each, with its ratio to the first."""

from collections.abc import Sequence
from statistics import median

from bench.rivals.clock import Run

_WIDTH = 14
HEADINGS = ("best", "median", "CPU", "per s of CPU", "x wall", "x CPU", "server MB", "client MB")


def headings(title: str, names: Sequence[str] = HEADINGS) -> None:
    print(f"\n  {title:46}" + "".join(f"{name:>{_WIDTH + 1}}" for name in names), flush=True)


def row(label: str, *cells: str) -> None:
    print(f"    {label:44}" + "".join(f"{cell:>{_WIDTH + 1}}" for cell in cells), flush=True)


def added(*steps: Sequence[Run]) -> list[Run]:
    """The runs of several steps done one after another, added up run by run."""
    return [Run(sum(r.wall for r in runs), sum(r.cpu for r in runs)) for runs in zip(*steps, strict=True)]


class Contest:
    """Contestants doing the same; the first is what the others are set against."""

    def __init__(self, title: str, households: int) -> None:
        self.households = households
        self.first: tuple[float, float] | None = None
        headings(title)

    def show(
        self,
        label: str,
        runs: Sequence[Run],
        server: float | None = None,
        client: float | None = None,
        households: int | None = None,
    ) -> None:
        """A contestant's row; `households` where it did fewer than the others."""
        count = households or self.households
        wall, work = min(run.wall for run in runs), min(run.cpu for run in runs)
        self.first = self.first or (wall / count, work / count)
        row(
            label,
            f"{wall:.2f} s",
            f"{median(run.wall for run in runs):.2f} s",
            f"{work:.2f} s",
            f"{count / work:,.0f}",
            f"{wall / count / self.first[0]:.2f}",
            f"{work / count / self.first[1]:.2f}",
            "" if server is None else f"{server:,.0f}",
            "" if client is None else f"{client:,.0f}",
        )
