"""Determinations one by one, explained: as a page does it, and the explaining alone."""

from datetime import date

from bench import show
from bench.policy import inside
from nuanxin.casework import determination, facts
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.run import run
from nuanxin.registry.models import Household

SINGLE = 300
#: So many are done one by one for the speed; it does not depend on how many there are.
MANY = 5_000


def measure(actor: Actor, day: date) -> None:
    """Median and 95th percentile of one determination."""
    show.heading("One household determined and explained (the filing pack in force)")
    spent = show.Spent()
    seconds: dict[str, list[float]] = {"all": [], "alone": []}
    with scope.acting(actor):
        chosen = list(Household.objects.order_by("pk").values_list("pk", flat=True)[: SINGLE + 1])
        pack = policy.pack_in_force(determination.FILING, actor.org_path, day)
        assert pack is not None
        _one(chosen.pop(), day)  # what is read once for a process is not counted
        for pk in chosen:
            with spent.on("all"):
                subject = _one(pk, day)
            standards = policy.standards_at(pack, subject.place, day, subject.facts["residence"])
            with spent.on("alone"):
                run(pack, subject.facts, day=day, standards=standards, place=subject.place)
            for name, kept in seconds.items():
                kept.append(spent.take(name).wall)
    labels = {"all": "read, determined and explained", "alone": "determined and explained, facts in hand"}
    for name, kept in seconds.items():
        median, late = show.median_and_p95(kept)
        show.line(labels[name], f"median {median}", f"p95 {late}")


def _one(pk: int, day: date) -> facts.Subject:
    subjects = facts.of_households([pk], day)
    determination.explain(determination.FILING, subjects, day)
    return subjects[pk]


def many(actor: Actor, day: date) -> inside.Took:
    """The filing pack over many households by the runner that explains, with reading their facts.

    What it gives is how many there were.
    """
    with scope.acting(actor):
        chosen = list(Household.objects.order_by("pk").values_list("pk", flat=True)[:MANY])

    def explain() -> int:
        return len(determination.explain(determination.FILING, facts.of_households(chosen, day), day))

    return inside.runs_of(explain, actor)
