"""Search, lists and pages with a million households, at a union, a county and a province."""

import os
import time

from bench import pages, show, tree
from bench.registry import inside, looked_for
from bench.registry.generate import populate
from bench.registry.looked_for import LookedFor
from nuanxin.casework import services
from nuanxin.config.installation import compile_messages
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.orgs.models import Node
from nuanxin.registry.models import Employer, Household, Person

#: The largest province, its first county and that county's first union, with the role looking from there.
PLACES = {
    "union": ("5101010101", "grassroots_officer"),
    "county": ("510101", "reviewer"),
    "province": ("51", "province_officer"),
}
REQUESTS = 30


def measure(households: int) -> None:
    begun = time.perf_counter()
    populate(households)
    taken = time.perf_counter() - begun
    with scope.acting(system()):
        counts = [f"{model.objects.count():,} {model.__name__}" for model in (Household, Person, Employer)]
    show.heading(f"Registry: {', '.join(counts)}, generated in {taken:.0f} s; load {os.getloadavg()[0]:.1f}")
    look()


def look() -> None:
    """All figures over a database that was filled before."""
    compile_messages()
    with scope.acting(system()):
        nodes = {level: Node.objects.get(code=code) for level, (code, _role) in PLACES.items()}
        posts = {level: tree.post(node, PLACES[level][1]) for level, node in nodes.items()}
    wanted = {level: looked_for.within(node) for level, node in nodes.items()}
    for level, node in nodes.items():
        inside.measure(level, system(node.path), wanted[level])
    with pages.served() as port:
        for level, post in posts.items():
            with scope.acting(system(nodes[level].path)):
                held = Household.objects.count()
                services.assess(households=[wanted[level].household])
            show.heading(f"Pages at the {level}: {held:,} households in scope, load {os.getloadavg()[0]:.1f}")
            show.line("", "median", "p95", "queries", "slowest query")
            pages.tell(port, post, _urls(wanted[level]), REQUESTS)


def _urls(wanted: LookedFor) -> dict[str, str]:
    families, files = "/registry/households/", "/casework/files/"
    name = pages.quoted(wanted.texts["name"])
    return {
        "home": "/",
        "queues": "/registry/queues/",
        "queues, children reaching school age": "/registry/queues/?tab=school",
        "households": f"{families}?page=1",
        "households, page 20": f"{families}?page=20",
        "households, by name": f"{families}?sort=head",
        "households, whose member is called so": f"{families}?q={name}",
        "household": f"{families}{wanted.household}/",
        "files": f"{files}?tab=open",
        "files, by name": f"{files}?tab=open&sort=name",
        "files, whose head is called so": f"{files}?tab=open&q={name}",
        "file": f"{files}{wanted.file}/",
        **{f"search: {label}": f"/search/?q={pages.quoted(text)}" for label, text in wanted.texts.items()},
    }
