"""What the registry's acts are called in the audit trail."""

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.events import subscribe
from nuanxin.records import documents, words

from .events import HouseholdChanged, HouseholdsTakenIn
from .models import Household, Member
from .permissions import SEE_FINANCE, SEE_HEALTH, SEE_HOUSEHOLD
from .services import likenesses

for _action, _label in {
    "registry.looked_up": _("查询身份证号是否已在别处登记"),
    "identity.revealed": _("查看完整号码"),
    "household.edited": _("修改家庭信息"),
    "household.card_changed": _("更换银行卡"),
    "person.edited": _("修改人员信息"),
    "fact.corrected": _("更正过去的情况"),
    "person.merged": _("合并重复人员"),
    "person.parted": _("撤销合并"),
    "registry.doubles_searched": _("查找疑似重复"),
    "person.died": _("登记去世"),
    "household.opened": _("建户"),
    "household.split": _("分户"),
    "household.merged": _("并户"),
    "household.moved": _("迁移到另一工会"),
    "household.ended": _("销户"),
    "household.reopened": _("恢复户"),
    "household.head_changed": _("变更户主"),
    "household.member_left": _("成员移出"),
    "transfer.asked": _("请求转入"),
    "transfer.offered": _("请求对方接收"),
    "transfer.done": _("家庭转移"),
    "consent.given": _("登记授权"),
    "consent.withdrawn": _("撤回授权"),
    "registry.employer_looked_up": _("查询信用代码是否已在别处登记"),
    "employer.created": _("登记单位"),
    "employer.changed": _("修改单位信息"),
    "employer.organised": _("设定基层工会"),
    "employer.closed": _("注销单位"),
    "employer.linked": _("对应同名单位"),
    "employer.left": _("不再在此工作"),
    "person.employed": _("登记所在单位"),
    "membership.joined": _("登记会员"),
    "membership.transferred": _("办理转会"),
    "membership.left": _("办理离会"),
    "union.enrolled": _("批量入会"),
    "roster.columns_mapped": _("选定花名册各列的含义"),
    "roster.receipt_downloaded": _("下载花名册回执"),
    "mapping.changed": _("更改列名对照"),
    "mapping.forgotten": _("忘记列名对照"),
    "roster.corrected": _("更正花名册的行"),
    "roster.row_dropped": _("删除花名册的行"),
    "roster.downloaded": _("下载更正表"),
}.items():
    words.name(_action, _label)

documents.opened_by(Household._meta.label, SEE_HOUSEHOLD, also={"diagnosis": SEE_HEALTH, "bill": SEE_FINANCE})


@subscribe(HouseholdChanged)
def look_for_doubles(event: HouseholdChanged) -> None:
    """Who was entered or changed by hand may be registered already: the pair goes into the queue."""
    lives = Member.objects.filter(household=event.household, until__isnull=True)
    likenesses.look_for_doubles(lives.values_list("person", flat=True))


@subscribe(HouseholdsTakenIn)
def look_for_doubles_of(event: HouseholdsTakenIn) -> None:
    """The same for everybody a roster brought, in a job of its own: the commit does not wait for it."""
    likenesses.look_for_doubles_soon()
