"""Texts go out by themselves: every minute each county with something due gets a job of its own."""

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.records.jobs import AGAIN

from . import queries, services


@app.periodic(cron="* * * * *")
@app.task(name="messaging.send_due", queueing_lock="messaging.send_due", retry=AGAIN)
def send_due(timestamp: int) -> None:
    """Hand each county with texts due to a job; one that waits already is enough."""
    with scope.acting(system()):
        paths = queries.counties_with_due()
    for path in paths:
        try:
            app.configure_task("messaging.send", queueing_lock=f"messaging.send:{path}").defer(path=path)
        except AlreadyEnqueued:
            continue


@app.task(name="messaging.send", retry=AGAIN)
def send(path: str) -> None:
    """Send what is due at or below a county, batch by batch. Killed and run again it sends nothing twice."""
    actor = system(path)
    while True:
        outcome = services.send_due(actor)
        if not outcome.sent + outcome.held + outcome.given_up:
            return
