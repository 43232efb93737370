"""Tables of the lists."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web import markup
from nuanxin.kernel.web.tables import ChipColumn, CodeColumn, Column, DateColumn, MoneyColumn, Table
from nuanxin.registry.labels import label
from nuanxin.registry.permissions import SEE_FINANCE

from .. import determination, labels, queries
from ..models import CLASSES
from . import explained
from .filters import programmes_here

_CLASS_WORDS = dict(CLASSES)


class CauseColumn(Column):
    """A cause of difficulty by its name."""

    def render(self, value: str) -> str:
        return label("main_cause", value)

    def value(self, value: str) -> str:
        return label("main_cause", value)


class ResultColumn(ChipColumn):
    """What a programme's pack said of an application, in the pack's own words."""

    def _word(self, record: Any, value: Any, bound_column: Any) -> str:
        return determination.result_in_words(record.assessment)


class PaperTable(Table):
    """A table of rows that belong to a household; the head's name opens the row."""

    main = "name"
    #: The url name a row opens.
    opens = ""

    def row_url(self, record: Any) -> str:
        return reverse(self.opens, args=[record.pk])


class ApplicationTable(PaperTable):
    opens = "casework:application"
    name = Column(_("申请对象"), accessor="who", order_by=("household__head__pinyin",))
    programme = Column(_("项目"))
    org = Column(_("单位"), order_by=("org",))
    result = ResultColumn(_("认定结论"), accessor="assessment__result", tones=labels.CLASS_TONES)
    amount = MoneyColumn(_("金额（元）"))
    state = ChipColumn(_("状态"), tones=labels.APPLICATION_TONES)
    step = Column(_("当前步骤"), accessor="pk", orderable=False)
    applied_on = DateColumn(_("申请日期"))
    due_on = DateColumn(_("到期"))
    officer = Column(_("经办人"), accessor="officer__local_name", order_by=("officer__name",))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.titles = dict(programmes_here())

    def render_programme(self, value: str) -> str:
        return self.titles.get(value, value)

    def value_programme(self, value: str) -> str:
        return self.render_programme(value)

    def render_step(self, record: Any) -> str:
        return queries.step_of(record) or markup.DASH

    def value_step(self, record: Any) -> str:
        return queries.step_of(record)


class HouseholdTable(Table):
    """Households that may apply."""

    main = "name"
    name = Column(_("户主"), accessor="head__name", order_by=("head__pinyin",))
    org = Column(_("单位"), order_by=("org",))
    people = Column(_("家庭人口"))
    cause = CauseColumn(_("主要致困原因"), accessor="main_cause")
    consent_on = DateColumn(_("授权核查签字日期"))

    def row_url(self, record: Any) -> str:
        return reverse("registry:household", args=[record.pk])


class FileTable(PaperTable):
    opens = "casework:file"
    name = Column(_("户主"), accessor="household__head__name", order_by=("household__head__pinyin",))
    number = CodeColumn(_("档案号"))
    org = Column(_("单位"), order_by=("org",))
    clazz = ChipColumn(_("困难类别"), tones=labels.CLASS_TONES)
    cause = CauseColumn(_("主要致困原因"), accessor="household__main_cause")
    people = Column(_("家庭人口"), accessor="household__people")
    opened_on = DateColumn(_("建档日期"))
    state = ChipColumn(_("状态"), tones=labels.FILE_TONES)


class AidListTable(Table):
    main = "title"
    title = Column(_("名单名称"))
    org = Column(_("单位"), order_by=("org",))
    year = Column(_("年度"))
    fund = Column(_("资金"), accessor="fund__local_name", order_by=("fund__code",))
    total = MoneyColumn(_("金额（元）"))
    state = ChipColumn(_("状态"), tones=labels.LIST_TONES)
    maker = Column(_("编制人"), accessor="maker__local_name", order_by=("maker__name",))
    created = DateColumn(_("编制日期"))

    def row_url(self, record: Any) -> str:
        return reverse("casework:aid_list", args=[record.pk])


class AwardTable(Table):
    main = "name"
    name = Column(
        _("户主"), accessor="file__household__head__name", order_by=("file__household__head__pinyin",)
    )
    number = CodeColumn(_("档案号"), accessor="file__number")
    org = Column(_("单位"), order_by=("org",))
    clazz = ChipColumn(_("困难类别"), accessor="file__clazz", tones=labels.CLASS_TONES, labels=_CLASS_WORDS)
    card = Column(
        _("银行卡尾号"),
        accessor="file__household__card_mask",
        orderable=False,
        empty_values=(),
        permission=SEE_FINANCE,
    )
    amount = MoneyColumn(_("金额（元）"))
    state = ChipColumn(_("状态"), tones=labels.AWARD_TONES)

    def render_card(self, value: str) -> Any:
        return value[-4:] if value else markup.chip(_("未登记"), "warn")

    def value_card(self, value: str) -> str:
        return value[-4:]

    def row_url(self, record: Any) -> str:
        return reverse("casework:award", args=[record.pk])


class OmissionTable(PaperTable):
    opens = "casework:omission"
    name = Column(
        _("户主"), accessor="file__household__head__name", order_by=("file__household__head__pinyin",)
    )
    number = CodeColumn(_("档案号"), accessor="file__number")
    org = Column(_("单位"), order_by=("org",))
    why = Column(_("未列入的原因"), accessor="pk", orderable=False)

    def render_why(self, record: Any) -> str:
        return explained.say(determination.told(record).sentence)

    def value_why(self, record: Any) -> str:
        return self.render_why(record)

    def order_org(self, rows: QuerySet[Any], descending: bool) -> tuple[QuerySet[Any], bool]:
        return rows.order_by("-org" if descending else "org"), True


class ExitTable(PaperTable):
    opens = "casework:exit"
    name = Column(
        _("户主"), accessor="file__household__head__name", order_by=("file__household__head__pinyin",)
    )
    number = CodeColumn(_("档案号"), accessor="file__number", order_by=("file__number",))
    org = Column(_("单位"), order_by=("org",))
    kind = Column(_("退出类型"), accessor="get_kind_display", order_by=("kind",))
    state = ChipColumn(_("状态"), tones=labels.EXIT_TONES)
    proposed_on = DateColumn(_("提出日期"))
    decided_on = DateColumn(_("批准日期"))
    officer = Column(_("经办人"), accessor="officer__local_name", order_by=("officer__name",))


class TaperTable(PaperTable):
    name = Column(
        _("户主"), accessor="file__household__head__name", order_by=("file__household__head__pinyin",)
    )
    number = CodeColumn(_("档案号"), accessor="file__number", order_by=("file__number",))
    org = Column(_("单位"), order_by=("org",))
    since = DateColumn(_("渐退起始"))
    months = Column(_("渐退月数"))
    former = MoneyColumn(_("原月标准（元）"))
    stopped_on = DateColumn(_("停止日期"))

    def row_url(self, record: Any) -> str:
        return reverse("casework:exit", args=[record.exit_id])


class WatchTable(PaperTable):
    opens = "casework:watch"
    name = Column(_("户主"), accessor="household__head__name", order_by=("household__head__pinyin",))
    org = Column(_("单位"), order_by=("org",))
    kind = Column(_("监测类型"), accessor="get_kind_display", order_by=("kind",))
    because = Column(_("监测原因"))
    since = DateColumn(_("开始日期"))
    next_on = DateColumn(_("下次走访"))
    officer = Column(_("联系干部"), accessor="officer__local_name", order_by=("officer__name",))
