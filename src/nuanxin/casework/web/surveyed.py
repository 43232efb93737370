"""Why a household is on a survey's list, in a sentence or two."""

from django.utils.translation import gettext as _

from nuanxin.kernel import scope
from nuanxin.policy import queries as policy
from nuanxin.registry.groups import FINANCE, may

from ..determination import SURVEY_MARGIN
from ..models import CLASSES, Surveyed

_WORDS = dict(CLASSES)
_Kind = Surveyed.Kind


def listing(row: Surveyed) -> list[str]:
    """Why it is listed: the class predicted, and how far its income is from the line."""
    return [sentence for sentence in (_because(row), _distance(row)) if sentence]


def _because(row: Surveyed) -> str:
    said = {"clazz": row.get_result_display()}
    if row.kind == _Kind.QUALIFIES:
        return _("按登记的情况，该户符合“%(clazz)s”的建档条件。") % said
    if row.kind == _Kind.NAMED:
        return _("该户在另列的花名册上；按登记的情况，认定结论为“%(clazz)s”。") % said
    if row.kind == _Kind.UNKNOWN:
        return _("缺少认定所需的情况，不能判断该户是否符合条件。")
    said["clazz"] = str(_WORDS[row.near])
    share = policy.standard(SURVEY_MARGIN, str(row.org_id), row.survey.as_of)
    if share is None:
        return _("该户接近标准：收入略有下降就符合“%(clazz)s”的建档条件。") % said
    said["share"] = f"{share.value * 100:.0f}"
    return _("该户接近标准：收入下降不超过百分之%(share)s就符合“%(clazz)s”的建档条件。") % said


def _distance(row: Surveyed) -> str:
    """The income a head against the local living allowance; for those who may see finances."""
    if row.per_head is None or not row.line or not may(scope.current(), FINANCE):
        return ""
    said = {
        "per_head": f"{row.per_head:,.2f}",
        "line": f"{row.line:,.2f}",
        "gap": f"{abs(row.per_head - row.line):,.2f}",
    }
    if row.per_head < row.line:
        return _("月人均 %(per_head)s 元，比当地低保标准 %(line)s 元低 %(gap)s 元。") % said
    return _("月人均 %(per_head)s 元，比当地低保标准 %(line)s 元高 %(gap)s 元。") % said
