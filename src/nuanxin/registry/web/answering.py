"""A form on a page of its own."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form


def answer(
    request: HttpRequest, title: Any, form: Form, save: Callable[[dict[str, Any]], str], back: str, name: Any
) -> HttpResponse:
    """A form on a page of its own: saved, on to where `save` says; refused, with the reason and the text."""
    if request.method == "POST" and form.is_valid():
        try:
            target = save(form.cleaned_data)
            messages.success(request, _("已保存。"))
            return redirect(target)
        except Refused as refusal:
            form.refuse(refusal)
    context = {"title": title, "form": form, "back": back, "back_label": name}
    return render(request, "registry/form.html", context, status=422 if form.errors else 200)
