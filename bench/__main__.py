"""Run measures one after another, each in a process and on a database of its own, and print their figures."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.scratch import EMPTY, PROVINCE, Scratch

ROOT = Path(__file__).resolve().parent.parent
HOUSEHOLDS = 100_000
#: How much of everything `--size` asks for.
SIZES = {"full": 1, "small": 10}


@dataclass(frozen=True)
class Measure:
    """What a measure tells, the database it starts from, and how much it is given, once for each number.

    `beside`: the measure of another program, run before on a database of its own; it leaves its figures in
    the file that the environment calls BENCH_BESIDE.
    """

    about: str
    start: str
    amounts: tuple[int, ...]
    beside: str = ""


MEASURES = {
    "roster": Measure("roster import, by household rows", EMPTY, (5_000, 33_400), "import_beside"),
    "classify": Measure("classification, by households", PROVINCE, (HOUSEHOLDS,)),
    "money": Measure("aid list, payment batch and bank result, by payments", PROVINCE, (10_000,)),
    "approvals": Measure("routes: submitted, checked, decided in batches, by matters", EMPTY, (10_000,)),
    "casework": Measure("applications handed in to decided, awards, work lists", EMPTY, (10_000,)),
    "pages": Measure("pages over HTTP with 100,000 households, by requests a page", PROVINCE, (200,)),
    "doubles": Measure("likely doubles, by persons against each other", EMPTY, (1_000_000,)),
    "registry": Measure("search, lists and pages with a million households", EMPTY, (1_000_000,)),
    "exports": Measure("lists taken out whole, by rows", EMPTY, (200_000,)),
    "rotation": Measure("renewing the key, by persons", EMPTY, (100_000,)),
    "policy": Measure("one rule in many hands, by households", EMPTY, (10_000, 100_000, 1_000_000)),
}


def main() -> None:
    asked = _arguments()
    names = asked.names or list(MEASURES)
    less = SIZES[asked.size]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with Scratch() as scratch:
        run = _runner(scratch)
        scratch.make_empty()
        if any(MEASURES[name].start == PROVINCE for name in names):
            scratch.copy(EMPTY, PROVINCE)
            run("generate", HOUSEHOLDS // less, PROVINCE)
        for name in names:
            measure = MEASURES[name]
            for amount in measure.amounts:
                for child in filter(None, (measure.beside, name)):
                    database = f"bench_{child}"
                    scratch.copy(measure.start, database)
                    run(child, amount // less, database)
                    scratch.cluster.drop_database(database)


def _arguments() -> argparse.Namespace:
    about = "\n".join(f"{name:10} {measure.about}" for name, measure in MEASURES.items())
    parser = argparse.ArgumentParser(
        "bench", description="Print figures.", epilog=about, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="measure", help="which measures; all when none is named")
    parser.add_argument("--size", choices=SIZES, default="full", help="small: a tenth of everything")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(MEASURES):
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    return asked


def _runner(scratch: Scratch) -> Callable[[str, int, str], None]:
    """Start a measure in a process of its own: its peak memory is then its own, too."""

    def run(name: str, amount: int, database: str) -> None:
        command = [sys.executable, "-m", "bench.child", name, str(amount)]
        subprocess.run(command, cwd=ROOT, env=os.environ | scratch.environment(database), check=True)

    return run


if __name__ == "__main__":
    main()
