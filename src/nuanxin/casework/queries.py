"""Reads of files, applications, lists and awards."""

from django.db.models import Q, QuerySet

from nuanxin.registry.models import Household


def find(text: str) -> QuerySet[Household]:
    """Households in scope by the head's name, pinyin, initials, or file number; at most fifty."""
    about = (
        Q(head__name__startswith=text)
        | Q(head__pinyin__startswith=text.lower())
        | Q(head__initials=text.lower())
        | Q(files__number=text)
    )
    return Household.objects.filter(about).select_related("head", "org").distinct()[:50]
