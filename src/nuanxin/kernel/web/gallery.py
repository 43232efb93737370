"""Every component on one page, with invented data, to be looked at while developing."""

from datetime import date
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import identity
from nuanxin.kernel.access import open_to_all
from nuanxin.kernel.fields import MoneyFormField
from nuanxin.kernel.money import Money

from .forms import Form, Group
from .icons import PATHS
from .markup import toast
from .progress import Progress, show_progress
from .tables import ChipColumn, Column, DateColumn, MaskedColumn, MoneyColumn, Table

_WHY = "component gallery, mounted only while developing; invented data"
_DIVISIONS = "昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄 红河 文山 西双版纳 大理 德宏 怒江 迪庆".split()
#: Pages that can be opened by name to be looked at.
_PAGES = {"400", "403", "404", "429", "500", "403_csrf", "account/locked", "kernel/no_post"}


class SampleTable(Table):
    """A few invented rows."""

    main = "name"
    name = Column(_("姓名"))
    number = MaskedColumn(_("身份证号"), mask=identity.mask_id)
    state = ChipColumn(
        _("状态"),
        tones={"paid": "done", "due": "wait", "late": "no"},
        labels={"paid": _("已到卡"), "due": _("待发放"), "late": _("已退回")},
    )
    amount = MoneyColumn(_("金额（元）"))
    day = DateColumn(_("日期"))

    def row_url(self, record: dict[str, Any]) -> str:
        return "?row"


class SampleForm(Form):
    """Every kind of field."""

    groups = [
        Group(_("基本情况"), ["name", "number", "division", "born"], help=_("姓名与身份证一致。")),
        Group(_("金额与意见"), ["amount", "decision", "reasons", "opinion", "agree"]),
    ]
    sources = {"amount": _("《管理办法》第十二条")}
    units = {"amount": _("元")}
    layouts = {"decision": "segments"}
    sensitive = ["number"]
    read_back = ["amount"]

    name = forms.CharField(label=_("姓名"))
    number = forms.CharField(label=_("身份证号"), help_text=_("填写后自动带出出生日期和性别。"))
    division = forms.ChoiceField(
        label=_("所在州市"), choices=[("", "——"), *((str(n), d) for n, d in enumerate(_DIVISIONS))]
    )
    born = forms.DateField(label=_("出生日期"), required=False)
    amount = MoneyFormField(label=_("补助金额"), help_text=_("不超过本年度上限。"))
    decision = forms.ChoiceField(
        label=_("与申报是否一致"),
        widget=forms.RadioSelect,
        choices=[("y", _("一致")), ("n", _("有变化")), ("u", _("无法核实"))],
    )
    reasons = forms.MultipleChoiceField(
        label=_("原因"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("1", _("疾病")), ("2", _("就学")), ("3", _("意外"))],
    )
    opinion = forms.CharField(label=_("情况说明"), widget=forms.Textarea, required=False)
    agree = forms.BooleanField(label=_("以上情况属实"))


class _Person(str):
    """Somebody signed in: shown as a name, known by a key."""

    pk = 1


def _shell() -> SimpleNamespace:
    """A frame as a signed-in person sees it."""
    names = [
        (_("待办"), "inbox", 0), (_("职工档案"), "folder", 0), (_("申请审批"), "stamp", 0),
        (_("花名册导入"), "upload", 0), (_("送温暖活动"), "gift", 0), (_("慰问走访"), "walk", 0),
        (_("资金发放"), "card", 0), (_("资金账户"), "coins", 0), (_("统计报表"), "chart", 1),
        (_("政策标准"), "book", 1), (_("审计记录"), "shield", 1),
    ]  # fmt: skip
    nav = [
        {"label": label, "icon": icon, "section": section, "url": f"?{icon}", "active": icon == "folder"}
        for label, icon, section in names
    ]
    nav[0]["badge"] = 12
    posts = [
        SimpleNamespace(pk=1, node="梅里县总工会", role=_("县级审核")),
        SimpleNamespace(pk=2, node="升平镇工会", role=_("基层经办")),
    ]
    return SimpleNamespace(
        nav=nav,
        phone_nav=[nav[0], nav[1], nav[5], nav[6]],
        path=["云岭省总工会", "雪山州总工会", "梅里县总工会"],
        posts=posts,
        post=posts[0],
        person=_Person("卓玛"),
        jobs=[],
    )


def _rows() -> list[dict[str, Any]]:
    people = [("和某国", 1, "due", 50000), ("杨某梅", 2, "paid", 1286000), ("央某", 3, "late", 500000)]
    return [
        {
            "name": name,
            "number": identity.invent_id("530102", date(1980, serial, 1), serial),
            "state": state,
            "amount": Money(fen),
            "day": date(2022, 1, 18),
        }
        for name, serial, state, fen in people
    ]


@open_to_all(_WHY)
def gallery(request: HttpRequest) -> HttpResponse:
    """All components; ?bad shows the form with its errors."""
    form = SampleForm({"amount": "1,23", "name": "和建国"}) if "bad" in request.GET else SampleForm()
    context = {
        "shell": _shell(),
        "form": form,
        "table": SampleTable(_rows(), order_by="-amount"),
        "amount": Money(123450),
        "compared": [(_("家庭人口"), "4", "4"), (_("月人均收入"), "521.88", "611.20"), (_("住房"), "1 套", "1 套")],
        "icons": PATHS,
    }
    return render(request, "kernel/gallery.html", context)


@open_to_all(_WHY)
def job(request: HttpRequest) -> HttpResponse:
    """Progress that goes on by ten at each poll."""
    done = min(int(request.session.get("gallery", 0)) + 10, 100)
    request.session["gallery"] = done % 100
    state = "done" if done >= 100 else "running"
    return show_progress(
        request,
        Progress(_("导入花名册"), state, done * 50, 5000, _("行"), 512, (100 - done) // 2, cancel_url=request.path),
    )


@open_to_all(_WHY)
def dialog(request: HttpRequest) -> HttpResponse:
    """The dialog that asks why a number is to be shown."""
    return toast(render(request, "kernel/gallery_dialog.html"), _("此次查看将被记录。"), "wait")


@open_to_all(_WHY)
def page(request: HttpRequest, name: str) -> HttpResponse:
    """A whole page by its template's name, with "-" for "/"."""
    template = name.replace("-", "/")
    if template not in _PAGES:
        raise Http404(name)
    try:
        return render(request, f"{template}.html")
    except TemplateDoesNotExist as error:
        raise Http404(name) from error
