"""May this text become a pack? What is wrong in it, and what stands in its way in the database."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Node

from .engine import declare
from .engine.faults import Fault, PackError
from .engine.pack import Pack
from .engine.reading import load
from .engine.situations import prove
from .engine.source import MOST_BYTES, Reader, compose
from .models import Pack as StoredPack

WHOLE_TREE = "all"
FILE = "pack.yaml"  # what the faults of a typed text are reported under


@dataclass(frozen=True, slots=True)
class Examined:
    """A text as read: the pack when it loads, every fault found, and its head when that can be read."""

    pack: Pack | None = None
    faults: tuple[Fault, ...] = ()
    head: dict[str, Any] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """It loads, and all its situations come out."""
        return self.pack is not None and not self.faults


def plain(text: str) -> str:
    """A text as it is kept: line ends as in files; Refused when it is too long or cannot be text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if len(text.encode()) > MOST_BYTES:
        raise Refused(
            _("政策包最多 %(most)s MB，请确认上传的是政策包文件。") % {"most": MOST_BYTES // 10**6},
            code="too_big",
            field="text",
        )
    if "\0" in text:
        raise Refused(_("这不是文本文件，请上传 .yaml 政策包。"), code="not_text", field="text")
    return text


def examine(text: str) -> Examined:
    """Load a text and prove it against its situations; never raises."""
    data = text.encode()
    try:
        pack = load(data, FILE)
    except PackError as error:
        return Examined(None, error.faults, _head(data))
    head = {name: getattr(pack, name) for name in ("code", "version", "programme", "title", "place")}
    head |= {"valid_from": pack.valid_from, "valid_to": pack.valid_to}
    try:
        prove(pack)
    except PackError as error:
        return Examined(pack, error.faults, head)
    return Examined(pack, (), head)


def _head(data: bytes) -> dict[str, Any]:
    """What a faulty text says of itself, as far as its head is whole."""
    try:
        reader = Reader(FILE)
        return declare.head(reader, reader.table(compose(data, FILE)))
    except (PackError, KeyError):
        return {}


# what stands in the way


def objections(pack: Pack, home: str) -> Iterator[Refused]:
    """Why a sound pack may not come into force from a federation at the path `home`; nothing when it may."""
    place = place_of(pack, home)
    if isinstance(place, Refused):
        yield place
        return
    if found := _other_place(pack, place) or _too_old(pack):
        yield found
    if found := rival(pack, place):
        yield found


def refuse_objections(pack: Pack, home: str) -> None:
    """Raise the first objection."""
    for objection in objections(pack, home):
        raise objection


def place_of(pack: Pack, home: str) -> str | Refused | None:
    """The path a pack is for (None: the whole tree), or why the federation may not make a rule for it."""
    if pack.place == WHOLE_TREE:
        if home:
            message = _(
                "适用于全部地区（place: all）的政策包只随程序发布；请把 place 写成本单位或下级单位的代码。"
            )
            return Refused(message, code="whole_tree", field="text")
        return None
    path = Node.objects.filter(code=pack.place).values_list("path", flat=True).first()
    if path is None:
        message = _("没有代码为 %(code)s 的单位，请核对 place。") % {"code": pack.place}
        return Refused(message, code="no_place", field="text")
    if not path.startswith(home):
        message = _("政策包的适用地区（place: %(code)s）不在本单位管辖范围内，请改为本单位或下级单位的代码。")
        return Refused(message % {"code": pack.place}, code="out_of_scope", field="text")
    return path


def _other_place(pack: Pack, place: str | None) -> Refused | None:
    other = StoredPack.objects.filter(code=pack.code).exclude(org=place).select_related("org")
    row = other.exclude(org__isnull=True).first() if place is None else other.first()
    if row is None:
        return None
    message = _("代码 %(code)s 已属于%(place)s的政策包，请为本地政策包另取代码，例如 %(own)s。")
    where = str(row.org) if row.org else _("全部地区")
    own = f"{pack.code}.{pack.place.lower()}"[:40]
    return Refused(message % {"code": pack.code, "place": where, "own": own}, code="code_taken", field="text")


def _too_old(pack: Pack) -> Refused | None:
    last = StoredPack.objects.filter(code=pack.code).order_by("-version").first()
    if last is None or last.version < pack.version:
        return None
    message = _("%(code)s 已有第 %(last)s 版，新版本号须大于它，请改为 version: %(next)s。")
    values = {"code": pack.code, "last": last.version, "next": last.version + 1}
    return Refused(message % values, code="version", field="text")


def rival(pack: Pack, place: str | None) -> Refused | None:
    """Another code that rules the same programme at the same place and time."""
    rows = StoredPack.objects.filter(
        programme=pack.programme, valid__overlap=(pack.valid_from, pack.valid_to)
    )
    rows = rows.filter(org__isnull=True) if place is None else rows.filter(org=place)
    other = rows.exclude(code=pack.code).order_by("-version").first()
    if other is None:
        return None
    title = other.checked().title.in_(get_language() or "zh")
    message = _(
        "同一地区同一时间，一个项目只能有一个政策包：“%(title)s”（代码 %(code)s，第 %(version)s 版）"
        "正在施行。请沿用代码 %(code)s，把版本号提高到 %(next)s，作为它的新版本提交。"
    )
    values = {"title": title, "code": other.code, "version": other.version, "next": other.version + 1}
    return Refused(message % values, code="rival", field="text")


# starting from a model


def adapted(text: str, *, code: str, place: str, version: int) -> str:
    """A model's text with another code, place and version in its head; everything else as it stands."""
    for key, value in (("pack", code), ("place", place), ("version", str(version))):
        text = re.sub(rf"(?m)^{key}:.*$", f"{key}: {value}", text, count=1)
    return text


def affected(path: str | None) -> int:
    """How many organisations a pack of this place concerns, that of the place included."""
    rows = Node.objects.all() if path is None else Node.objects.within(path)
    return rows.filter(active=True).count()
