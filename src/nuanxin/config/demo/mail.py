"""What people are told: texts leave on the days they fall due, letters are posted some weeks later."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from nuanxin.casework.models import File
from nuanxin.messaging import services as messaging
from nuanxin.messaging.models import Message
from nuanxin.messaging.providers import Answer, Outgoing, Recording

from .cast import Cast
from .machinery import jobs_here

#: Days back: choices about texts are asked for; letters so far are posted, those since the last time wait;
#: reminders are written.
ASKED = 165
POSTED = (500, 420, 340, 270, 185, 90, 55, 16)
REMINDED = (35, 18, 5)
#: Numbers with this ending are out of service, some one in a hundred.
OUT_OF_SERVICE = "37"
#: What heads of families said, the oldest files first: whether they want texts, and in which language.
CHOICES = ((True, "zh"), (False, "zh"), (True, "en"), (True, "zh"), (False, "zh"), (True, "zh"))


class Network(Recording):
    """Records what would have been sent, and turns down the numbers that are out of service."""

    def send(self, texts: Sequence[Outgoing]) -> Mapping[int, Answer]:
        dead = {text.key for text in texts if text.number.endswith(OUT_OF_SERVICE)}
        taken = super().send([text for text in texts if text.key not in dead])
        return {**taken, **dict.fromkeys(dead, Answer(False))}


@contextmanager
def demo_network() -> Iterator[None]:
    """Texts go through the demo's network."""
    with patch.object(settings, "TEXT_PROVIDER", f"{__name__}.{Network.__name__}"):
        yield


def deliver() -> None:
    """Send what is due, as the job does every minute."""
    _run("messaging.send_due")


def remind() -> None:
    """Write what falls due soon, as the job does every hour."""
    _run("casework.remind")


def _run(job: str) -> None:
    with jobs_here() as run:
        app.tasks[job](timestamp=int(timezone.now().timestamp()))
        run()


def ask(cast: Cast, who: str) -> None:
    """Some heads of families say whether they want texts."""
    with cast.acting(who):
        files = File.objects.filter(state="open").select_related("household__head").order_by("pk")
        for file, (texts, language) in zip(files[: len(CHOICES)], CHOICES, strict=False):
            messaging.choose(person=file.household.head, texts=texts, language=language)


def post(cast: Cast, who: str) -> None:
    """The letters that lie ready are printed and posted."""
    with cast.acting(who):
        messaging.post_many(messages=Message.objects.filter(state="waiting"))
