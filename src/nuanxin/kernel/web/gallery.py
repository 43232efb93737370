"""Every component on one page, with invented data, to be looked at while developing."""

from datetime import date
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist

from nuanxin.kernel import identity
from nuanxin.kernel.access import open_to_all
from nuanxin.kernel.fields import MoneyFormField
from nuanxin.kernel.money import Money

from .forms import Form, Group
from .gallery_words import WORDS, say
from .icons import PATHS
from .markup import toast
from .progress import Progress, show_progress
from .tables import ChipColumn, Column, DateColumn, MaskedColumn, MoneyColumn, Table

_WHY = "component gallery, mounted only while developing; invented data"
_DIVISIONS = [
    "昆明",
    "曲靖",
    "玉溪",
    "保山",
    "昭通",
    "丽江",
    "普洱",
    "临沧",
    "楚雄",
    "红河",
    "文山",
    "西双版纳",
    "大理",
    "德宏",
    "怒江",
    "迪庆",
]
#: Pages that can be opened by name to be looked at.
_PAGES = {"400", "403", "404", "429", "500", "403_csrf", "account/locked", "kernel/no_post", "kernel/refused"}


class SampleTable(Table):
    """A few invented rows."""

    main = "name"
    name = Column(say("姓名", "Name"))
    number = MaskedColumn(say("身份证号", "ID number"), mask=identity.mask_id)
    state = ChipColumn(
        say("状态", "State"),
        tones={"paid": "done", "due": "wait", "late": "no"},
        labels={
            "paid": say("已完成", "Done"),
            "due": say("排队中", "Waiting"),
            "late": say("已退回", "Returned"),
        },
    )
    amount = MoneyColumn(say("金额（元）", "Amount (yuan)"))
    day = DateColumn(say("日期", "Date"))

    def row_url(self, record: dict[str, Any]) -> str:
        return "?row"


class SampleForm(Form):
    """Every kind of field."""

    groups = [
        Group(
            say("基本情况", "Basics"),
            ["name", "number", "division", "born"],
            help=say("与证件一致。", "As on the identity card."),
        ),
        Group(say("金额与意见", "Amount and opinion"), ["amount", "decision", "reasons", "opinion", "agree"]),
    ]
    sources = {"amount": say("《办法》第十二条", "Regulation, article 12")}
    units = {"amount": say("元", "yuan")}
    layouts = {"decision": "segments"}
    sensitive = ["number"]
    read_back = ["amount"]

    name = forms.CharField(label=say("姓名", "Name"))
    number = forms.CharField(
        label=say("身份证号", "ID number"),
        help_text=say("填写后自动带出生日。", "Fills in the date of birth."),
    )
    division = forms.ChoiceField(
        label=say("地区", "Region"), choices=[("", "——"), *((str(n), d) for n, d in enumerate(_DIVISIONS))]
    )
    born = forms.DateField(label=say("出生日期", "Date of birth"), required=False)
    amount = MoneyFormField(
        label=say("金额（元）", "Amount (yuan)"),
        help_text=say("不超过本年度上限。", "Within the yearly limit."),
    )
    decision = forms.ChoiceField(
        label=say("是否一致", "Is it as declared?"),
        widget=forms.RadioSelect,
        choices=[
            ("y", say("一致", "Yes")),
            ("n", say("有变化", "Changed")),
            ("u", say("无法核实", "Cannot tell")),
        ],
    )
    reasons = forms.MultipleChoiceField(
        label=say("原因", "Reason"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("1", say("原因一", "First")),
            ("2", say("原因二", "Second")),
            ("3", say("原因三", "Third")),
        ],
    )
    opinion = forms.CharField(label=say("情况说明", "Notes"), widget=forms.Textarea, required=False)
    agree = forms.BooleanField(label=say("以上情况属实", "The above is true"))


class _Person(str):
    """Somebody signed in: shown as a name, known by a key."""

    pk = 1


def _shell() -> SimpleNamespace:
    """A frame as a signed-in person sees it."""
    names = [
        (say("待办", "To do"), "inbox", 0),
        (say("记录", "Records"), "folder", 0),
        (say("申请", "Applications"), "stamp", 0),
        (say("导入", "Import"), "upload", 0),
        (say("活动", "Events"), "gift", 0),
        (say("日程", "Schedule"), "walk", 0),
        (say("付款", "Payments"), "card", 0),
        (say("账户", "Accounts"), "coins", 0),
        (say("报表", "Reports"), "chart", 1),
        (say("标准", "Standards"), "book", 1),
        (say("日志", "Log"), "shield", 1),
    ]
    nav = [
        {"label": label, "icon": icon, "section": section, "url": f"?{icon}", "active": icon == "folder"}
        for label, icon, section in names
    ]
    nav[0]["badge"] = 12
    posts = [
        SimpleNamespace(pk=1, node="梅里县", role=say("审核", "Reviewer")),
        SimpleNamespace(pk=2, node="升平镇", role=say("经办", "Officer")),
    ]
    return SimpleNamespace(
        nav=nav,
        phone_nav=[nav[0], nav[1], nav[5], nav[6]],
        path=["云岭省", "雪山州", "梅里县"],
        posts=posts,
        post=posts[0],
        person=_Person("卓玛"),
        find_hint=say("姓名、证件号、电话", "Name, ID number, phone"),
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
        "w": WORDS,
        "form": form,
        "table": SampleTable(_rows(), order_by="-amount"),
        "amount": Money(123450),
        "compared": [
            (say("人数", "People"), "4", "4"),
            (say("数额", "Figure"), "521.88", "611.20"),
            (say("其他", "Other"), "1 套", "1 套"),
        ],
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
        Progress(
            say("导入", "Import"),
            state,
            done * 50,
            5000,
            say("行", "rows"),
            512,
            (100 - done) // 2,
            cancel_url=request.path,
        ),
    )


@open_to_all(_WHY)
def dialog(request: HttpRequest) -> HttpResponse:
    """The dialog that asks why a number is to be shown."""
    return toast(
        render(request, "kernel/gallery_dialog.html", {"w": WORDS}),
        say("此次查看将被记录。", "This look will be recorded."),
        "wait",
    )


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
