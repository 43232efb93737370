"""Loading the packs, starting standards and programmes that come with the program, from files."""

from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Node

from ..engine.pack import Pack as CheckedPack
from ..engine.reading import load_file
from ..engine.situations import prove
from ..engine.tables import StandardFile, load_standards
from ..models import Pack, PackProposal, Parameter, ProgrammeProposal, ProgrammeVersion
from ..programme_reading import load_file as load_programme
from ..programmes import Programme
from .standards import WHOLE_TREE, NewStandard, write


@transaction.atomic
def load_packs(*, folder: Path | None = None) -> list[Pack]:
    """Check and keep every pack (*.yaml) and table of standards (standards/*.yaml) of a folder.

    Safe to repeat; gives the packs that are new. PackError (file, line, column, reason) when one is
    wrong or fails one of its situations; Refused when a version that is already kept reads differently.
    """
    root = folder or settings.PACKS
    for file in sorted(root.glob("standards/*.yaml")):
        _keep_standards(load_standards(file))
    found = [load_file(file) for file in sorted(root.glob("*.yaml"))]
    for pack in found:
        prove(pack)
    return [kept for pack in found if (kept := _keep(pack))]


def _keep(pack: CheckedPack) -> Pack | None:
    """The stored pack, or None when it was there already."""
    before = Pack.objects.filter(code=pack.code, version=pack.version).first()
    if before:
        if before.sha256 != pack.sha256:
            message = _("政策包 %(code)s 第 %(version)s 版已启用，内容不能再改；请提高版本号后重新载入。")
            raise Refused(message % {"code": pack.code, "version": pack.version}, code="pack_changed")
        return None
    return keep(pack)


def keep(pack: CheckedPack, proposal: PackProposal | None = None) -> Pack:
    """Write the stored pack; the database refuses a second of its version, or a rival of its programme."""
    return Pack.objects.create(
        code=pack.code,
        version=pack.version,
        programme=pack.programme,
        org_id=path_of(pack.place),
        valid=DateRange(pack.valid_from, pack.valid_to),
        text=pack.text,
        sha256=pack.sha256,
        proposal=proposal,
    )


@transaction.atomic
def load_programmes(*, folder: Path | None = None) -> list[ProgrammeVersion]:
    """Check and keep every programme (programmes/*.yaml) of a folder of packs; safe to repeat.

    Gives those that are new. PackError (file, line, column, reason) when one is wrong; Refused when a
    version that is already kept reads differently.
    """
    found = [load_programme(file) for file in sorted((folder or settings.PACKS).glob("programmes/*.yaml"))]
    return [kept for programme in found if (kept := _keep_once(programme))]


def _keep_once(programme: Programme) -> ProgrammeVersion | None:
    path = path_of(programme.place)
    here = Q(org__isnull=True) if path is None else Q(org=path)
    before = ProgrammeVersion.objects.filter(here, code=programme.code, version=programme.version)
    held = before.values_list("sha256", flat=True).first()
    if held is None:
        return keep_programme(programme)
    if held != programme.sha256:
        message = _("项目 %(code)s 第 %(version)s 版已启用，内容不能再改；请提高版本号后重新载入。")
        values = {"code": programme.code, "version": programme.version}
        raise Refused(message % values, code="programme_changed")
    return None


def keep_programme(programme: Programme, proposal: ProgrammeProposal | None = None) -> ProgrammeVersion:
    """Write the stored version; the database refuses a second of its number at its place."""
    return ProgrammeVersion.objects.create(
        code=programme.code,
        version=programme.version,
        org_id=path_of(programme.place),
        valid=DateRange(programme.valid_from, programme.valid_to),
        text=programme.text,
        sha256=programme.sha256,
        purpose=programme.purpose,
        statistics=list(programme.statistics),
        proposal=proposal,
    )


def path_of(place: str) -> str | None:
    """The path of the organisation with this code; None stands for the whole tree."""
    if place == WHOLE_TREE:
        return None
    path = Node.objects.filter(code=place).values_list("path", flat=True).first()
    if path is None:
        raise Refused(_("没有代码为 %(code)s 的单位。") % {"code": place}, code="no_place")
    return path


def _keep_standards(file: StandardFile) -> None:
    """Rows of a file are starting values: where somebody has set the standard already, that stays."""
    new = [
        NewStandard(
            code=row.code,
            name=row.title.zh,
            name_en=row.title.en,
            place=path_of(row.place),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            document=file.source.document.zh,
            document_en=file.source.document.en,
            amount=Money.yuan(row.value) if row.money else None,
            number=None if row.money else row.value,
            residence=row.residence,
        )
        for row in file.rows
    ]
    held = {
        (row.code, row.org_id, row.residence)
        for row in Parameter.objects.filter(code__in={row.code for row in new})
    }
    write([row for row in new if (row.code, row.place, row.residence) not in held])
