"""One determination by any programme's pack, kept as an assessment of its household."""

from datetime import date

from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.policy import queries as policy

from .. import keeping
from ..models import KEPT, Assessment
from ..relations import Given


def determine_one(*, programme: str, given: Given, day: date) -> int:
    """Determine the one household of `given` and keep the record; its key.

    By the same statement as any number. Refused when no pack of the programme is in force there, or when
    the household is not known.
    """
    for pack, statement in policy.records_sql(programme, given.subjects, given.lists, day):
        values = {
            "programme": programme,
            "day": day,
            "pack": pack.code,
            "version": pack.version,
            "sha256": pack.sha256,
            "staff": scope.current().staff_id,
            "now": timezone.now(),
        }
        columns = _COLUMNS | {"due": keeping.due(pack)}
        made = keeping.run(
            statement, keeping.insert(Assessment, columns, "FROM made", "RETURNING id"), values
        )
        if made:
            return made[0]
    raise Refused(f"{programme}: no subject", code="not_known")


_COLUMNS = {
    "org_path": "made.place",
    "household_id": "made.subject",
    "programme": "%(programme)s",
    "as_of": "%(day)s::date",
    "known_on": "%(day)s::date",
    "pack": "%(pack)s",
    "pack_version": "%(version)s::integer",
    "pack_hash": "%(sha256)s",
    "result": "made.result",
    "staff_id": "%(staff)s::bigint",
    "created": "%(now)s::timestamptz",
    **{name: f"made.{name}" for name in KEPT},
}
