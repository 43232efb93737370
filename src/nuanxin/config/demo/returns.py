"""The two statistics tables: at home in draft, sent up, accepted."""

from datetime import date, timedelta

from nuanxin.campaigns.models import Drive
from nuanxin.reporting import services as reporting
from nuanxin.reporting.models import Return

from .cast import Cast

NOTE = "账簿与名册已核对，差异为跨期入账。"


def aid_centre(cast: Cast, reviewer: str, year: int, until: str) -> None:
    """A county's aid-centre table of a year, up to a state: draft, submitted or accepted."""
    period = date(year, 1, 1), date(year + 1, 1, 1)
    _make(cast, reviewer, "aid_centre", *period, date(year + 1, 1, 18), until)


def send_warmth(cast: Cast, reviewer: str, until: str) -> None:
    """A county's table of its last drive that is over, up to a state."""
    with cast.acting(reviewer):
        drive = Drive.objects.filter(org=cast.node(reviewer).path, state="closed").latest("pk")
    end = drive.ends_on + timedelta(days=1)
    _make(cast, reviewer, "send_warmth", drive.starts_on, end, end + timedelta(days=120), until)


def _make(cast: Cast, who: str, form: str, start: date, end: date, due: date, until: str) -> None:
    with cast.acting(who):
        report = reporting.create(form=form, starts_on=start, ends_on=end, due_on=due)
        if until != "draft":
            reporting.submit(report=report, note=NOTE)
    if until == "accepted":
        with cast.acting("prefecture"):
            reporting.accept(report=Return.objects.get(pk=report.pk))
