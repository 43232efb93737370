"""Which grassroots union a household of a roster belongs to."""

from collections import defaultdict
from typing import Any

from nuanxin.orgs.models import Node
from nuanxin.registry.roster.codes import normalise

#: Nodes that keep household files: a grassroots union, or the township for those without an employer.
KEEPERS = (Node.Kind.GRASSROOTS, Node.Kind.TOWNSHIP, Node.Kind.INDUSTRY)


def keepers(path: str) -> Any:
    """The active nodes at or below `path` that keep household files, in the order of the tree."""
    return Node.objects.within(path).filter(kind__in=KEEPERS, active=True).order_by("path")


class Places:
    """The unions below a node, by code and name; read once for a whole workbook."""

    def __init__(self, path: str) -> None:
        self._by_word: dict[str, set[str]] = defaultdict(set)
        for place, *words in keepers(path).values_list("path", "code", "name", "short_name", "name_en"):
            for word in words:
                if word:
                    self._by_word[normalise(word)].add(place)

    def find(self, text: str | None, default: str | None) -> tuple[str | None, str, dict[str, Any]]:
        """(path, "", {}) or (None, code of the problem, its parameters)."""
        if not text:
            return (default, "", {}) if default else (None, "union_missing", {})
        found = self._by_word.get(normalise(text), set())
        if len(found) == 1:
            return next(iter(found)), "", {}
        return None, "union_ambiguous" if found else "union_unknown", {"value": text}
