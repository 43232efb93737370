"""What the records of casework share: classes, results, and a determination as it was."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from nuanxin.orgs.models import Scoped

CLASSES = [
    ("deep", _("深度困难")),
    ("relative", _("相对困难")),
    ("accident", _("意外致困")),
    ("none", _("不符合条件")),
]
#: The programme whose outcome is a file.
FILING = "filing"
#: What an assessment can come to: a class, a closing clause, or facts that are missing.
RESULTS = [*CLASSES, ("excluded", _("不予建档")), ("unknown", _("待补充"))]
#: The classes a file can have.
FILED = ("deep", "relative", "accident")
#: The states of an application that is not decided yet: a household has one at most.
UNDER_WAY = ("draft", "submitted", "returned", "noticed")


#: The wide columns of a record, which lists leave out.
KEPT = ("facts", "standards", "overruled", "outcome")


class Determined(Scoped):
    """A determination as it was, so that it can be made again: see `determination.kept`.

    The pack by its hash; the facts and the standards it rested on; the exclusions set aside, with the
    reason; and what came out (shapes: policy.keeping). Explanations are made from it on demand.
    """

    pack_hash = models.CharField(max_length=64)
    facts = models.JSONField()
    standards = models.JSONField()
    overruled = models.JSONField(default=dict)
    outcome = models.JSONField()

    class Meta:
        abstract = True
