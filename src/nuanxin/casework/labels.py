"""Tones of the states, and words for the timeline."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from nuanxin.records import words
from nuanxin.registry import groups, papers

#: The tone of each state, for chips.
APPLICATION_TONES = {
    "draft": "off",
    "submitted": "wait",
    "returned": "warn",
    "noticed": "wait",
    "approved": "done",
    "refused": "no",
    "withdrawn": "off",
}
FILE_TONES = {"open": "done", "closed": "off"}
CLASS_TONES = {
    "deep": "warn",
    "relative": "wait",
    "accident": "warn",
    "none": "off",
    "excluded": "no",
    "unknown": "off",
}
EXIT_TONES = {"draft": "off", "submitted": "wait", "returned": "warn", "approved": "done", "withdrawn": "off"}
MET_TONES = {"yes": "done", "no": "no", "not_needed": "off"}
LIST_TONES = {"draft": "off", "submitted": "wait", "returned": "warn", "approved": "done", "dropped": "off"}
AWARD_TONES = {"proposed": "off", "approved": "wait", "paid": "done", "returned": "no", "removed": "off"}

TASK_TONES = {"open": "wait", "answered": "warn", "done": "done", "dropped": "off"}
TRACK_TONES = {"general": "off", "sudden": "warn", "outstanding": "warn"}
SURVEY_TONES = {"open": "wait", "closed": "done", "cancelled": "off"}
SURVEYED_TONES = {
    "open": "wait",
    "applied": "done",
    "declined": "off",
    "clear": "off",
    "absent": "warn",
    "lapsed": "off",
}
LISTED_TONES = {"qualifies": "warn", "borderline": "wait", "named": "off", "unknown": "off"}

#: The field groups whose readers may see what was written of a kind of need.
NEED_GROUPS = {"medical": groups.HEALTH, "counselling": groups.HEALTH, "schooling": groups.CHILDREN}

#: For whom a programme is.
SUBJECTS = {
    "household": _("家庭"),
    "person": _("职工本人"),
    "child": _("子女"),
    "employer": _("用人单位"),
    "organisation": _("工会"),
}

#: The kinds of documents, and photos of visits.
CATEGORIES = [*papers.CATEGORIES, ("visit_photo", _("走访照片"))]

#: What the timeline calls acts that are no moves of a flow.
for _action, _label in {
    "file.officer_assigned": _("指定联系干部"),
    "application.start": _("建立申请"),
    "application.answered": _("填写申请内容"),
    "assessment.made": _("认定"),
    "visit.recorded": _("登记入户调查"),
    "visit.taken_over": _("将入户核实的情况记入家庭信息"),
    "visit.printed": _("打印走访表"),
    "visit.form_printed": _("打印空白走访表"),
    "objection.recorded": _("登记异议"),
    "objection.settled": _("处理异议"),
    "file.open": _("建立档案"),
    "aid_list.made": _("编制名单"),
    "exit.proposed": _("提出退出"),
    "exit.changed": _("修改退出申请"),
    "recovery.repaid": _("登记追回"),
    "watch.began": _("列入监测"),
    "watch.ended": _("结束监测"),
    "taper.stopped": _("停止渐退"),
    "need.stated": _("登记需求"),
    "need.changed": _("调整需求"),
    "need.met": _("需求办结"),
    "task.planned": _("安排任务"),
    "file.paired": _("结对"),
    "file.unpaired": _("结束结对"),
    "double_aid.asked": _("查询重复救助"),
    "overruling.proposed": _("提出例外"),
    "overruling.agreed": _("同意例外"),
    "overruling.refused": _("不同意例外"),
    "application.act_first": _("先行救助"),
    "application.papers_done": _("材料补齐"),
    "survey.made": _("发起摸底排查"),
    "surveyed.officer_assigned": _("指定走访人"),
    "file.printed": _("打印档案表"),
}.items():
    words.name(_action, _label)


def tone(tones: Mapping[str, str], state: str) -> str:
    """The tone of a state; "off" when it has none."""
    return tones.get(state, "off")
