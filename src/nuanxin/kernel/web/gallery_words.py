"""The sample texts of the gallery in both languages, kept out of the catalogues they might shadow."""

from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language


def _chosen(chinese: str, english: str) -> str:
    return english if get_language() == "en" else chinese


def say(chinese: str, english: str) -> Any:
    """The text in the reader's language, decided when it is shown."""
    return lazy(_chosen, str)(chinese, english)


WORDS = {
    "components": say("组件", "Components"),
    "records": say("记录", "Records"),
    "attention": say("注意", "Attention"),
    "running": say("进行中", "In progress"),
    "print": say("打印", "Print"),
    "enter": say("登记", "Enter"),
    "submit": say("提交", "Submit"),
    "people": say("人数", "People"),
    "persons": say("人", "persons"),
    "figure": say("数额", "Figure"),
    "reason": say("原因", "Reason"),
    "reason_one": say("原因一", "First"),
    "capitals": say("金额大写", "In capitals"),
    "wan": say("万元", "10,000 yuan"),
    "explanation": say("说明", "Explanation"),
    "members": say("成员", "Members"),
    "attachments": say("附件", "Attachments"),
    "outcome": say("结论是", "The outcome is "),
    "colon": say("：", ": "),
    "source": say("《办法》第十二条", "Regulation, article 12"),
    "clause_one": say("数额低于标准", "The figure is below the standard"),
    "clause_two": say("第二个条件", "A second condition"),
    "clause_three": say("第三个条件", "A third condition"),
    "open": say("待核实", "To be verified"),
    "returned": say("已退回", "Returned"),
    "unclear": say("材料不清，请重新上传。", "A document cannot be read. Please upload it again."),
    "truth": say("以上情况属实", "The above is true"),
    "help_number": say("填写后自动带出生日。", "Fills in the date of birth."),
    "done": say("已完成", "Done"),
    "waiting": say("排队中", "Waiting"),
    "stopped": say("已停止", "Stopped"),
    "name": say("姓名", "Name"),
    "state": say("状态", "State"),
    "more": say("更多筛选", "More filters"),
    "date": say("日期", "Date"),
    "chosen": say("已选", "Chosen"),
    "cancel": say("取消", "Cancel"),
    "declared": say("申报", "Declared"),
    "verified": say("核实", "Verified"),
    "send_back": say("退回", "Return"),
    "add": say("添加", "Add"),
    "papers": say("材料与签名", "Documents and signature"),
    "papers_hint": say("PDF 或照片", "PDF or photos"),
    "course": say("经过", "Course of events"),
    "progress": say("进度", "Progress"),
    "all": say("全部", "All"),
    "basics": say("基本情况", "Basics"),
    "number": say("身份证号", "ID number"),
    "nothing": say("这里还没有内容", "Nothing here yet"),
    "nothing_help": say("登记第一条后，这里会列出来。", "What you enter will be listed here."),
    "reveal": say("显示完整号码", "Show the whole number"),
    "purpose": say("查看的目的", "Why do you need it?"),
    "purpose_check": say("核对身份", "To check identity"),
    "purpose_call": say("联系本人", "To get in touch"),
    "show": say("显示", "Show"),
}
