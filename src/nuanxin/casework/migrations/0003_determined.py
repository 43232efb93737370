"""Determinations keep what they rested on and what came out; explanations are made from that on demand.

What the kept explanations hold is taken out of them while the tables are rewritten, by functions of a
column: that way neither the guard of rows that never change nor row-level security stands in between.
"""

from django.db import migrations, models

#: From a kept explanation (policy.engine.explanation, as JSON) to the columns of a record.
FUNCTIONS = """
CREATE FUNCTION casework_kept_facts(said jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce((SELECT jsonb_object_agg(f ->> 'name', f -> 'raw')
                     FROM jsonb_array_elements(said -> 'facts') f), '{}')
        || coalesce((SELECT jsonb_object_agg(l ->> 'name', CASE WHEN (l ->> 'known')::boolean THEN coalesce((
                         SELECT jsonb_agg((SELECT jsonb_object_agg(c ->> 'name', c -> 'raw')
                                           FROM jsonb_array_elements(r) c))
                         FROM jsonb_array_elements(l -> 'rows') r), '[]') ELSE 'null' END)
                     FROM jsonb_array_elements(said -> 'lists') l), '{}')
$$;
CREATE FUNCTION casework_kept_standards(said jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(s #>> '{figure,name}', jsonb_build_object(
        'id', s -> 'id', 'value', s #> '{figure,raw}', 'place', s -> 'place', 'from', s -> 'valid_from',
        'to', s -> 'valid_to', 'document', s -> 'document')), '{}')
    FROM jsonb_array_elements(said -> 'standards') s
    WHERE s ->> 'id' IS NOT NULL AND s #>> '{figure,raw}' IS NOT NULL
$$;
CREATE FUNCTION casework_kept_overruled(said jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(x ->> 'code', x -> 'overruled'), '{}')
    FROM jsonb_array_elements(said -> 'exclusions') x WHERE x ->> 'overruled' <> ''
$$;
CREATE FUNCTION casework_kept_outcome(said jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object(
        'result', said -> 'result',
        'decision', CASE WHEN said ->> 'result' NOT IN ('excluded', 'unknown') THEN (
            SELECT min(n) FROM jsonb_array_elements(said -> 'decisions') WITH ORDINALITY d (c, n)
            WHERE (c ->> 'reached')::boolean AND (c ->> 'holds')::boolean) END,
        'excluded', CASE WHEN said ->> 'result' = 'excluded' THEN (
            SELECT jsonb_agg(c -> 'code' ORDER BY n)
            FROM jsonb_array_elements(said -> 'exclusions') WITH ORDINALITY x (c, n)
            WHERE (c ->> 'holds')::boolean) ELSE '[]' END,
        'unknown', said -> 'unknown',
        'values', coalesce((SELECT jsonb_object_agg(v ->> 'name', CASE
                WHEN v ->> 'kind' IN ('money', 'number', 'count')
                THEN to_jsonb(trim_scale((v ->> 'raw')::numeric)::text) ELSE v -> 'raw' END)
            FROM jsonb_array_elements(said -> 'values') v), '{}'),
        'benefits', coalesce((SELECT jsonb_object_agg(b ->> 'code', jsonb_build_object(
                'fen', b -> 'amount',
                'caps', coalesce((SELECT jsonb_agg(c -> 'code' ORDER BY n)
                    FROM jsonb_array_elements(b -> 'caps') WITH ORDINALITY k (c, n)
                    WHERE (c ->> 'bit')::boolean), '[]')))
            FROM jsonb_array_elements(said -> 'benefits') b), '{}'))
$$;
"""
DROP = "".join(
    f"DROP FUNCTION casework_kept_{name}(jsonb);" for name in ("facts", "standards", "overruled", "outcome")
)
KEPT = {
    name: ("jsonb", f"casework_kept_{name}(explanation)") for name in ("standards", "overruled", "outcome")
}
FACTS = {"facts": ("jsonb", "casework_kept_facts(explanation)")}
HASH = {"pack_hash": ("varchar(64)", "(explanation ->> 'sha256')")}
KNOWN = {"known_on": ("date", "(created AT TIME ZONE 'Asia/Shanghai')::date")}


def taken_out(table: str, columns: dict[str, tuple[str, str]]) -> str:
    """SQL that adds columns computed from each row as it is, and takes the explanation away."""
    added = ", ".join(
        f"ADD COLUMN {name} {kind} NOT NULL GENERATED ALWAYS AS ({value}) STORED"
        for name, (kind, value) in columns.items()
    )
    plain = ", ".join(f"ALTER COLUMN {name} DROP EXPRESSION" for name in columns)
    return f"ALTER TABLE {table} {added}; ALTER TABLE {table} {plain}, DROP COLUMN explanation;"


def _json(model: str, name: str, **options: object) -> migrations.AddField:
    return migrations.AddField(model, name, models.JSONField(**options))


STATE = [
    *[migrations.RemoveField(model, "explanation") for model in ("assessment", "award", "omission")],
    *[_json(model, "standards") for model in ("assessment", "award", "omission")],
    *[_json(model, "outcome") for model in ("assessment", "award", "omission")],
    *[_json(model, "overruled", default=dict) for model in ("assessment", "award", "omission")],
    *[_json(model, "facts") for model in ("award", "omission")],
    migrations.AddField("omission", "pack_hash", models.CharField(max_length=64)),
    migrations.AddField("assessment", "known_on", models.DateField()),
]


class Migration(migrations.Migration):
    dependencies = [("casework", "0002_guard")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(FUNCTIONS),
                migrations.RunSQL(taken_out("casework_assessment", KEPT | KNOWN)),
                migrations.RunSQL(taken_out("casework_award", KEPT | FACTS)),
                migrations.RunSQL(taken_out("casework_omission", KEPT | FACTS | HASH)),
                migrations.RunSQL(DROP),
            ],
            STATE,
        )
    ]
