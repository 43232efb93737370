"""Documents kept with a household: uploaded and taken away by those who keep it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form
from nuanxin.records import documents
from nuanxin.records import queries as records
from nuanxin.records import services as attachments
from nuanxin.records.models import Attachment
from nuanxin.registry import queries
from nuanxin.registry.models import Household
from nuanxin.registry.papers import CATEGORIES
from nuanxin.registry.permissions import EDIT_HOUSEHOLD


class DocumentForm(Form):
    """A document to be kept with the household."""

    category = forms.ChoiceField(label=_("材料种类"), choices=CATEGORIES)
    upload = forms.FileField(label=_("文件"), help_text=_("JPG、PNG 图片或 PDF，不超过 10 MB。"))


class RemovalForm(Form):
    """Why a document is taken away."""

    reason = forms.CharField(label=_("原因"), max_length=200)


def of_household(household: Household) -> list[Attachment]:
    """The household's documents that the reader may open, oldest first."""
    actor = scope.current()
    return [found for found in records.attachments_of(household) if documents.may_open(found, actor)]


@needs(EDIT_HOUSEHOLD)
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a document with the household."""
    house = get_or_out_of_sight(queries.households(), pk=pk)
    form = DocumentForm(request.POST or None, request.FILES or None)
    title = _("上传材料")
    return _answered(
        request, house, form, title, lambda data: attachments.attach(subject=house, **data), _("材料已上传。")
    )


@needs(EDIT_HOUSEHOLD)
def remove(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    """Take a document away, with the reason; the record of it stays."""
    house = get_or_out_of_sight(queries.households(), pk=pk)
    kept = get_or_out_of_sight(records.attachments_of(house), pk=document)
    title = _("移除材料“%(name)s”") % {"name": kept.name}
    return _answered(
        request,
        house,
        RemovalForm(request.POST or None),
        title,
        lambda data: attachments.remove_attachment(attachment=kept, subject=house, **data),
        _("材料已移除，记录保留。"),
    )


def _answered(
    request: HttpRequest, house: Household, form: Form, title: Any, carry_out: Any, done: Any
) -> HttpResponse:
    """The form, or, when it was sent and carried out, the household's page."""
    if request.method == "POST" and form.is_valid():
        try:
            carry_out(form.cleaned_data)
            messages.success(request, done)
            return redirect("registry:household", house.pk)
        except Refused as refusal:
            form.refuse(refusal)
    context = {"house": house, "title": title, "form": form}
    return render(request, "registry/change.html", context, status=422 if form.errors else 200)
