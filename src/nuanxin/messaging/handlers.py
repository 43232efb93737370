"""What a person chose stays theirs when two rows turn out to be one."""

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.events import subscribe
from nuanxin.records import words
from nuanxin.registry.events import PersonsMerged

from .models import Choice

words.name("messaging.chosen", _("登记短信意愿"))
words.name("messaging.printed", _("打印信函"))


@subscribe(PersonsMerged)
def keep_choice(event: PersonsMerged) -> None:
    """Who said no to texts under either row gets none; what only the one who goes said is kept."""
    gone = Choice.objects.filter(person=event.gone).first()
    if gone is None:
        return
    kept = Choice.objects.filter(person=event.kept)
    if not kept.exists():
        Choice.objects.filter(pk=gone.pk).update(person=event.kept)
    elif not gone.texts:
        kept.update(texts=False)
