"""Packs the tests change, and the packs that are delivered."""

from pathlib import Path

from django.conf import settings

_HERE = Path(__file__).parent
FILING = (_HERE / "filing.yaml").read_text(encoding="utf-8")
LIVING_AID = (_HERE / "living-aid.yaml").read_text(encoding="utf-8")

#: Every pack of the repository by name, the models in the library too.
DELIVERED = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted([*settings.PACKS.glob("*.yaml"), *settings.PACKS.glob("library/**/*.yaml")])
}
