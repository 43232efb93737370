"""Writes a programme as the YAML text its reader takes: what it reads from that is the same programme."""

from typing import Any

import yaml

from .engine.texts import Text
from .programmes import Document, Field, Limit, Programme

HEAD = (
    "# {zh}。 Made with the form of the program; a programme may also be written by hand (docs/packs.md).\n"
)


def write(programme: Programme) -> str:
    """The text of a programme; `text` and `sha256` of the one given do not matter."""
    told = _without_nothing(
        {
            "programme": programme.code,
            "version": programme.version,
            "title": _both(programme.title),
            "about": programme.about and _both(programme.about),
            "group": programme.group,
            "place": programme.place,
            "valid": [programme.valid_from, programme.valid_to],
            "subject": programme.subject,
            "needs_file": programme.needs_file,
            "outcome": programme.outcome,
            "payee": programme.payee,
            "route": programme.route,
            "pack": programme.pack,
            "limit": programme.limit and _limit(programme.limit),
            "funds": list(programme.funds) or None,
            "purpose": programme.purpose or None,
            "visit": programme.visit,
            "consent": programme.consent,
            "validity_months": programme.validity_months,
            "repeat": programme.repeat,
            "standards": [
                _without_nothing({"code": x.code, "when": x.when or None}) for x in programme.standards
            ]
            or None,
            "form": [_field(field) for field in programme.fields],
            "documents": [_document(document) for document in programme.documents],
            **_rules(programme),
        }
    )
    body = yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=110)
    return HEAD.format(zh=programme.title.zh) + str(body)


def _rules(programme: Programme) -> dict[str, Any]:
    double, first = programme.double, programme.act_first
    return {
        "double": double
        and _without_nothing(
            {"who": double.who, "period": double.period, "kinds": list(double.kinds) or None}
        ),
        "act_first": first
        and {"cap": _limit(first.cap), "approvers": first.approvers, "papers_days": first.papers_days},
        "statistics": list(programme.statistics) or None,
    }


def _field(field: Field) -> dict[str, Any]:
    return _without_nothing(
        {
            "code": field.code,
            "type": field.type,
            **_both(field.title),
            "help": field.help and _both(field.help),
            "required": None if field.required else False,
            "fact": field.fact or None,
            "options": {value: _both(title) for value, title in field.options} or None,
        }
    )


def _document(document: Document) -> dict[str, Any]:
    told = {"code": document.code, **_both(document.title)}
    return told if document.required else {**told, "required": False}


def _limit(limit: Limit) -> dict[str, Any]:
    if limit.amount is not None:
        return {"amount": str(limit.amount.to_yuan())}
    return {"standard": limit.standard}


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _without_nothing(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if value is not None}
