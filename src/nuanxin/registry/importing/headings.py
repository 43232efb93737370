"""What the headings of a union's own tables mean, as it was told once (`models.ColumnMapping`)."""

from nuanxin.registry.models import ColumnMapping
from nuanxin.registry.roster.codes import normalise


def own_words(org_path: str) -> dict[str, dict[str, str]]:
    """By sheet of ours and normalised heading: the key of a column, or "" for none of ours."""
    own: dict[str, dict[str, str]] = {}
    kept = ColumnMapping.objects.filter(org=org_path).values_list("sheet", "heading", "column")
    for sheet, heading, column in kept:
        own.setdefault(sheet, {})[normalise(heading)] = column
    return own
