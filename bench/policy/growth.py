"""How the speed keeps up with the number of households: kept from one size to the next of a run."""

import json
import os
from pathlib import Path

from bench.policy.inside import Took
from bench.policy.sheet import headings, row

_LATER = ("count/s", "CPU count/s", "store/s", "CPU store/s", "server MB")


def add(households: int, evaluated: Took, stored: Took) -> None:
    """Keep the speeds of this size, and print those of all sizes so far."""
    path = Path(os.environ["NUANXIN_VAR"]).parent / "growth.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known[str(households)] = [
        households / min(getattr(run, clock) for run in took.runs)
        for took in (evaluated, stored)
        for clock in ("wall", "cpu")
    ] + [max(evaluated.server, stored.server)]
    path.write_text(json.dumps(known))
    headings("Growth: households a second of this program", _LATER)
    for size, speeds in known.items():
        row(f"{int(size):,} households", *(f"{speed:,.0f}" for speed in speeds))
