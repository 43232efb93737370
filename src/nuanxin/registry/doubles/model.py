"""How likely two rows are one person: a Fellegi-Sunter model, computed by Splink in DuckDB.

Each comparison has levels with two probabilities: `m`, of finding that level between two rows of one
person, and `u`, between rows of two persons. log2(m / u) is the level's weight in bits; the weights of all
comparisons and of the prior add up to the pair's. The probabilities are kept here and not estimated in each
run, because a county with two hundred persons gives nothing to estimate from, and because an officer must
get the same explanation tomorrow. `m` follows from how numbers and names are mistyped, `u` from counting
chance agreements among invented people of a province; the frequency of each name and address in the scope
corrects them (Splink's term frequencies). How well they do is measured by `bench doubles`.

DuckDB's levenshtein counts bytes, so Chinese names are compared character by character or by sound.
Two people in one household share its phone and address, which then say nothing; that a family was listed
with both speaks against one person (twins).
"""

from typing import Any

import duckdb
from splink import Linker, SettingsCreator
from splink.backends.duckdb import DuckDBAPI

#: Pairs of at least so many bits are shown to somebody: about ten to one for being the same person.
ENOUGH = 3.0
#: One row in a hundred is assumed to have a double.
SHARE = 0.01

MACROS = """
    CREATE MACRO letters(text) AS string_split(text, '');
    CREATE MACRO apart(a, b) AS CASE WHEN len(a) = len(b) THEN
        list_sum(list_transform(list_zip(letters(a), letters(b)),
            lambda x: CASE WHEN x[1] <> x[2] THEN 1 ELSE 0 END)) END;
"""

Level = tuple[str, str, float, float]
_ELSE = "ELSE"
#: Comparison: when nothing can be said, and its levels (name, condition, m, u) from the best to the worst.
COMPARISONS: dict[str, tuple[str, list[Level]]] = {
    "name": (
        "name_l IS NULL OR name_r IS NULL",
        [
            ("same", "name_l = name_r", 0.9, 1e-4),
            ("swapped", "sorted_l = sorted_r", 0.01, 2e-5),
            ("sound", "sound_l = sound_r", 0.03, 3e-4),
            ("letter", "len(name_l) > 2 AND apart(name_l, name_r) = 1", 0.02, 4e-3),
            ("alike", "jaro_winkler_similarity(sound_l, sound_r) >= 0.92", 0.02, 1e-2),
            ("other", _ELSE, 0.02, 0.98),
        ],
    ),
    "birth": (
        "born_l IS NULL OR born_r IS NULL",
        [
            ("same", "born_l = born_r", 0.93, 5.5e-5),
            ("slip", "damerau_levenshtein(born_l, born_r) = 1", 0.05, 2e-3),
            ("other", _ELSE, 0.02, 0.998),
        ],
    ),
    "number": (
        "rest_l IS NULL OR rest_r IS NULL",
        [
            ("same", "rest_l = rest_r", 0.9, 5e-5),
            ("slip", "damerau_levenshtein(rest_l, rest_r) = 1", 0.07, 1e-3),
            ("other", _ELSE, 0.03, 0.998),
        ],
    ),
    "sex": (
        "sex_l IS NULL OR sex_r IS NULL",
        [("same", "sex_l = sex_r", 0.98, 0.5), ("other", _ELSE, 0.02, 0.5)],
    ),
    "phone": (
        "phone_l IS NULL OR phone_r IS NULL OR house_l = house_r",
        [("same", "phone_l = phone_r", 0.6, 2e-6), ("other", _ELSE, 0.4, 1.0)],
    ),
    "address": (
        "street_l IS NULL OR street_r IS NULL OR house_l = house_r",
        [
            ("same", "street_l = street_r", 0.5, 2e-5),
            ("alike", "jaro_winkler_similarity(street_l, street_r) >= 0.95", 0.2, 5e-3),
            ("other", _ELSE, 0.3, 0.995),
        ],
    ),
    "household": (
        "house_l IS NULL OR house_r IS NULL",
        [("same", "house_l = house_r", 1.2e-4, 1.0), ("other", _ELSE, 1.0, 1.0)],
    ),
}  # fmt: skip
#: Values that are rare say more than common ones when they agree.
FREQUENCIES = {"name": "name", "address": "street"}

#: Only rows that agree in one of these are compared at all.
BLOCKS = (
    "l.phone = r.phone",
    "l.born = r.born AND l.family = r.family",
    "l.born = r.born AND l.division = r.division",
    "l.name = r.name AND l.year = r.year",
    "l.sound = r.sound AND l.rest = r.rest",
    "l.street = r.street AND l.family = r.family",
)


def settings(persons: int) -> SettingsCreator:
    """Splink's settings for a table of so many persons."""
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        probability_two_random_records_match=min(0.5, 2 * SHARE / max(persons, 1)),
        comparisons=[_comparison(name, *parts) for name, parts in COMPARISONS.items()],
        blocking_rules_to_generate_predictions=[
            {"blocking_rule": rule, "sql_dialect": "duckdb"} for rule in BLOCKS
        ],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,
    )


def _comparison(name: str, unknown: str, levels: list[Level]) -> dict[str, Any]:
    told = [{"sql_condition": unknown, "label_for_charts": "unknown", "is_null_level": True}]
    for label, condition, m, u in levels:
        level = {
            "sql_condition": condition,
            "label_for_charts": label,
            "m_probability": m,
            "u_probability": u,
        }
        if label == "same" and name in FREQUENCIES:
            level["tf_adjustment_column"] = FREQUENCIES[name]
        told.append(level)
    return {"output_column_name": name, "comparison_levels": told}


def compare(db: duckdb.DuckDBPyConnection, table: str, persons: int) -> str:
    """Compare the rows of a table made by `table.PERSONS`; the name of the table of scored pairs."""
    api = DuckDBAPI(db)
    linker = Linker(api.register(table), settings(persons), log_level=None, validate_settings=False)
    return linker.inference.predict(threshold_match_weight=ENOUGH, warning_mode="never").physical_name
