"""Tones of the states and kinds, and words for the timeline."""

from django.utils.translation import gettext_lazy as _

from nuanxin.records import words

REVIEW_TONES = {"computing": "wait", "open": "wait", "closed": "done", "cancelled": "off"}
KIND_TONES = {"class": "wait", "leaving": "no", "entering": "done", "unknown": "warn", "award": "off"}
STATE_TONES = {
    "open": "warn",
    "proposed": "wait",
    "returned": "no",
    "visiting": "wait",
    "settled": "done",
    "cleared": "off",
    "noted": "off",
}

for _action, _label in {"review.start": _("发起复核"), "review.resume": _("继续计算")}.items():
    words.name(_action, _label)
