"""Conditions of the transition tables: each raises Refused with the reason and what to do."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.refusal import Refused


def drive_running(recipient: Any, actor: Actor, data: dict[str, Any]) -> None:
    """Visits are recorded while the drive runs; closing it ends them."""
    drive = recipient.drive
    if drive.state != "approved":
        raise Refused(
            _("活动“%(drive)s”当前为“%(state)s”，不能登记走访。")
            % {"drive": drive.name, "state": drive.get_state_display()},
            code="drive_not_running",
        )
