"""The programmes and model packs that come with the program: starting points for a federation's own."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings

from .engine.pack import Pack
from .engine.reading import load_file
from .engine.texts import Text
from .programme_reading import load_file as load_programme


@dataclass(frozen=True, slots=True)
class Model:
    """A delivered pack under the key it is asked for by: its file's path below packs/, without ending.

    One in `library` is a model for a place; the others are in force from the start.
    """

    key: str
    pack: Pack

    @property
    def of_a_place(self) -> bool:
        return self.key.startswith("library/")


def models() -> list[Model]:
    """Every model, by programme; those of all places first. Read once per process, as long as files stay."""
    root = settings.PACKS
    files = [*root.glob("*.yaml"), *root.glob("library/**/*.yaml")]
    found = [Model(str(file.relative_to(root).with_suffix("")), load_file(file)) for file in files]
    return sorted(found, key=lambda model: (model.pack.programme, model.of_a_place, model.key))


def model(key: str) -> Model | None:
    """One model by its key; None when there is no such file in the library."""
    return next((found for found in models() if found.key == key), None)


@cache
def purposes() -> dict[str, Text]:
    """What the programmes delivered use money for; a purpose of several is named as its own programme."""
    found: dict[str, Text] = {}
    for file in sorted(settings.PACKS.glob("programmes/*.yaml")):
        programme = load_programme(file)
        if programme.purpose and (programme.code == programme.purpose or programme.purpose not in found):
            found[programme.purpose] = programme.title
    return found
