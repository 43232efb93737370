"""One's own page: who stands in for me, and the people on whose matters I have no vote."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import signed_in
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Post

from .. import services
from ..models import Deputy, Kin
from ..queries.deputies import deputies_of
from .forms import DeputyForm, KinForm


@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """Absence and declared conflicts of the person who is signed in."""
    actor = scope.current()
    rows = list(deputies_of(actor.staff_id))
    page = {
        "named": [row for row in rows if row.holder.staff_id == actor.staff_id],
        "standing": [row for row in rows if row.staff_id == actor.staff_id],
        "kin": Kin.objects.filter(staff=actor.staff_id, withdrawn__isnull=True),
        "is_deputy": Deputy.objects.filter(post=actor.post_id).exists(),
        "today": timezone.localdate(),
    }
    return render(request, "approvals/mine.html", page)


@signed_in
def new_kin(request: HttpRequest) -> HttpResponse:
    """Declare one's own ID number or a relative's."""
    form = KinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.declare_kin(**form.cleaned_data)
            messages.success(request, _("已申报，涉及此人的事项您不再审核审批。"))
            return redirect("approvals:mine")
        except Refused as refusal:
            form.refuse(refusal)
    return _form(request, form, _("申报亲属"))


@require_POST
@signed_in
def withdraw_kin(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a declaration back."""
    services.withdraw_kin(kin=get_or_out_of_sight(Kin.objects.filter(withdrawn__isnull=True), pk=pk))
    messages.success(request, _("已撤回。"))
    return redirect("approvals:mine")


@signed_in
def new_deputy(request: HttpRequest) -> HttpResponse:
    """Name somebody for the post one acts in now."""
    post = get_or_out_of_sight(Post.objects.select_related("node"), pk=scope.current().post_id)
    today = timezone.localdate()
    form = DeputyForm(request.POST or None, post=post, initial={"since": today})
    if request.method == "POST" and form.is_valid():
        try:
            services.name_deputy(post=post, **form.cleaned_data)
            messages.success(request, _("已指定代办人，对方切换岗位后即可办理。"))
            return redirect("approvals:mine")
        except Refused as refusal:
            form.refuse(refusal)
    return _form(request, form, _("指定代办人"))


@require_POST
@signed_in
def end_deputy(request: HttpRequest, pk: int) -> HttpResponse:
    """The holder is back."""
    rows = deputies_of(scope.current().staff_id).filter(holder__staff=scope.current().staff_id)
    row = get_or_out_of_sight(rows.select_related("post"), pk=pk)
    try:
        services.end_deputy(deputy=row)
        messages.success(request, _("委托已结束。"))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("approvals:mine")


def _form(request: HttpRequest, form: Any, title: Any) -> HttpResponse:
    page = {"form": form, "title": title, "back": reverse("approvals:mine")}
    return render(request, "approvals/mine_form.html", page, status=422 if form.errors else 200)
