"""What can be wrong with a roster, in words: what it is, and what to do about it.

A problem is stored as a code with parameters, so that it can be kept as JSON and read in the language
of whoever looks. Parameters never hold an ID number, a phone or a card.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.identity import IdentityError
from nuanxin.kernel.workbook import TEXTS as WORKBOOK_TEXTS
from nuanxin.kernel.workbook import WorkbookError

from .codes import CODE_LISTS
from .columns import SHEETS

ERROR, WARNING = "error", "warning"


class Text(NamedTuple):
    """The two sentences of a problem, lazily translated, with %(name)s places for its parameters."""

    what: Any
    advice: Any


_FIX_ID = _("请对照身份证原件逐位核对，以文本格式重新填写。")
_AS_TEXT = _("请先把该列设为文本格式，再对照原件重新填写。")
_DATE_ADVICE = _("请写成 2021-03-05 的样子。")
_ASK = _("请核实后填写；没有的填“否”或 0。")
_CHOOSE = _("请从以下选项中选一个：%(choices)s。")
_ONE_ROW = _("同一人只留一行，删除多余的行。")
_COUNT_AGAIN = _("请核对后改正不对的一处。")

# One cell.
CELL_TEXTS: dict[str, Text] = {
    "required": Text(_("必填项没有填写。"), _("请补充填写。")),
    "unknown_fact": Text(_("没有填写，困难类别将无法判定。"), _ASK),
    "error_value": Text(_("单元格是公式错误或公式没有结果（%(value)s）。"), _("请把公式改为具体的值。")),
    "too_long": Text(_("内容超过 %(limit)s 个字。"), _("请缩短。")),
    "name": Text(_("“%(value)s”不像姓名。"), _("请只填姓名，不加数字、称谓或说明。")),
    "not_in_list": Text(_("“%(value)s”不在%(list)s的选项中。"), _CHOOSE),
    "too_many_codes": Text(_("最多填 %(limit)s 项。"), _("请保留最主要的几项，用顿号隔开。")),
    "flag": Text(_("“%(value)s”不是“是”或“否”。"), _("请填“是”或“否”。")),
    "date": Text(_("“%(value)s”不是可识别的日期。"), _DATE_ADVICE),
    "date_no_day": Text(_("日期“%(value)s”不完整，缺少月或日。"), _DATE_ADVICE),
    "date_lost_zero": Text(
        _("%(value)s 是数字，分不清是 1 月还是 10 月（10 月末尾的 0 会被表格软件去掉）。"), _DATE_ADVICE
    ),
    "date_range": Text(_("日期 %(value)s 过早或晚于今天。"), _("请核对年份。")),
    "year": Text(_("“%(value)s”不是可识别的年份。"), _("请填四位年份，例如 2021。")),
    "money": Text(_("“%(value)s”不是可识别的金额。"), _("请只填数字，例如 1234.50；以万元计的写明“万元”。")),
    "money_negative": Text(_("金额不能小于 0。"), _("请核对金额；没有的填 0。")),
    "money_too_large": Text(_("金额超过 1 亿元。"), _("请核对金额和单位。")),
    "money_rounded": Text(_("金额多于两位小数，已四舍五入到分。"), _("请确认金额。")),
    "number": Text(_("“%(value)s”不是 %(low)s 到 %(high)s 之间的数。"), _("请填数字。")),
    "whole_number": Text(_("“%(value)s”不是 %(low)s 到 %(high)s 之间的整数。"), _("请填整数。")),
    "postcode_zero": Text(
        _("邮政编码只有 5 位，开头的 0 可能被表格软件去掉了。"), _("请补上开头的 0，或留空。")
    ),
    "postcode": Text(_("邮政编码应为 6 位数字。"), _("请核对邮政编码，或留空。")),
    "division": Text(
        _("行政区划代码应为 6、9 或 12 位数字。"), _("请填代码，或写地名，例如“云南省德钦县”。")
    ),
    "phone": Text(_("手机号码应为 11 位。"), _("请核对；只填一个号码，其他号码填在“其他联系方式”。")),
    "digits_lost": Text(_("号码以数字格式保存，表格软件只保留 15 位，后面的数字已经丢失。"), _AS_TEXT),
    "digits_zero": Text(_("号码第 15 位以后全是 0，像是被表格软件改动过。"), _AS_TEXT),
    "scientific": Text(_("号码已变成科学计数法，部分数字已经丢失。"), _AS_TEXT),
    "card": Text(_("银行卡号应为 10 到 30 位数字。"), _("请核对银行卡号，只填一个。")),
    "card_luhn": Text(_("银行卡号校验不通过。"), _("请对照银行卡核对；存折账号等确实如此的可不改。")),
    **{
        f"id_{code}": Text(IdentityError(code).message, _FIX_ID)
        for code in ("length", "characters", "division", "birth", "birth_future", "check", "old_15")
    },
}

# Cells of one row that do not agree.
ROW_TEXTS: dict[str, Text] = {
    "sex_differs": Text(_("性别与身份证号不一致。"), _("请核对身份证号和性别。")),
    "birth_differs": Text(_("出生日期与身份证号不一致。"), _("请核对身份证号和出生日期。")),
    "disability_level_missing": Text(_("填了残疾类别，没有填残疾等级。"), _("请按残疾证填写等级。")),
    "disability_kind_missing": Text(
        _("填了残疾等级或健康状况为残疾，没有填残疾类别。"), _("请按残疾证填写类别。")
    ),
    "bank_missing": Text(_("填了银行卡号，没有填开户银行。"), _("请填写开户银行，否则无法发放。")),
    "evidence_unknown": Text(
        _("填了支出金额，没有说明有无凭证。"), _("有票据或证明的填“是”，否则填“否”；没有凭证的不计入。")
    ),
    "cause_repeated": Text(_("次要致困原因与主要致困原因重复。"), _("请删去重复的原因。")),
    "income_below_own": Text(
        _("家庭年收入少于本人月收入的 12 倍。"), _("请核对两项收入和单位（元或万元）。")
    ),
    "per_head_differs": Text(
        _("人均月收入与家庭年收入、人口算出的 %(expected)s 元不符。"), _("请核对收入和人口。")
    ),
    "member_is_head": Text(_("户主已在家庭表中，不应再列入成员表。"), _("请删除这一行。")),
}

# Rows that do not agree with each other or with what is on file; found by the importer.
SET_TEXTS: dict[str, Text] = {
    "id_twice": Text(_("同一身份证号在本表中出现多次（另见%(where)s）。"), _ONE_ROW),
    "id_filed_here": Text(_("该身份证号已在%(where)s建档。"), _("请到原档案中修改，或删除这一行。")),
    "id_filed_at": Text(_("该身份证号已在%(where)s建档。"), _("请与该县联系，办理转移后再录入。")),
    "id_merged": Text(_("该身份证号的人员已并入%(who)s。"), _("请改用保留人员的身份证号，或删除这一行。")),
    "id_merged_away": Text(
        _("该身份证号的人员已并入别处的人员。"), _("请核对身份证号；属同一人的，请删除这一行。")
    ),
    "likely_double": Text(_("与%(who)s很像同一人。"), _("请核对姓名和身份证号；确是两人的不必更改。")),
    "card_shared": Text(_("该银行卡号也用于别的家庭。"), _("请核对是否为本人的银行卡。")),
    "card_differs": Text(
        _("银行卡号与档案中的不同，更新时仍用档案中的卡。"), _("确需更换的，请在家庭页面办理“更换银行卡”。")
    ),
    "member_left_out": Text(
        _("档案中的成员不在表中：%(names)s。"), _("请在成员表中补上；已离开的请先在家庭页面移出。")
    ),
    "union_missing": Text(_("没有填所属工会，也没有选择默认工会。"), _("请填写基层工会的名称或编号。")),
    "union_unknown": Text(_("在您的范围内没有找到工会“%(value)s”。"), _("请填写基层工会的全称或编号。")),
    "union_ambiguous": Text(_("有几个工会都叫“%(value)s”。"), _("请填写工会的编号。")),
    "head_not_found": Text(
        _("家庭表中没有这个户主身份证号。"), _("请核对户主身份证号，或在家庭表中补上该户。")
    ),
    "serial_differs": Text(_("户序号与户主身份证号指向不同的家庭。"), _("请核对户序号和户主身份证号。")),
    "people_differs": Text(_("家庭人口为 %(people)s 人，成员表加户主共 %(listed)s 人。"), _COUNT_AGAIN),
}

TEXTS: dict[str, Text] = CELL_TEXTS | ROW_TEXTS | SET_TEXTS

# The whole file.
FILE_TEXTS: dict[str, Text] = {
    **{code: Text(*texts) for code, texts in WORKBOOK_TEXTS.items()},
    "missing_sheet": Text(
        _("没有找到“%(sheet)s”工作表（文件中有：%(seen)s）。"), _("请下载模板，按模板的工作表填写。")
    ),
    "missing_file": Text(
        _("没有找到“%(sheet)s”表（上传的文件有：%(seen)s）。"),
        _("请把家庭、成员两个文件一起选中上传；没有成员的，成员文件只留表头。"),
    ),
    "missing_columns": Text(
        _("“%(sheet)s”工作表缺少这些列：%(missing)s。读到的表头：%(seen)s。"),
        _("请补上缺少的列，或改用模板的表头。"),
    ),
    "repeated_column": Text(_("“%(sheet)s”工作表有两列都是“%(column)s”：%(letters)s。"), _("请只留一列。")),
    "empty": Text(_("“%(sheet)s”工作表没有数据。"), _("请填写后再上传。")),
    "too_many_rows": Text(_("“%(sheet)s”工作表超过 %(limit)s 行。"), _("请分成几个文件上传。")),
}


def render(text: Any, params: Mapping[str, Any]) -> str:
    """A text with its parameters, in the current language.

    The parameter `code_list` names a code list and becomes `list` (its name) and `choices` (its labels);
    `spec` names a sheet and becomes `sheet` (its name) unless given; `columns` of it become `missing`.
    """
    words = dict(params)
    lang = get_language() or "zh"
    comma = "、" if lang.startswith("zh") else ", "
    if key := words.pop("spec", None):
        spec = SHEETS[key]
        words.setdefault("sheet", spec.label(lang))
        labels = (spec.columns[spec.position[column]].label(lang) for column in words.pop("columns", ()))
        words["missing"] = comma.join(labels)
    if key := words.pop("code_list", None):
        code_list = CODE_LISTS[key]
        words["list"] = code_list.zh if lang.startswith("zh") else code_list.en
        words["choices"] = comma.join(code_list.labels(lang))
    return str(text) % words if words else str(text)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at one place of a roster.

    `column` is the key of the declared column, `letter` and `header` where the officer sees it (the letter
    is empty when the sheet has no such column); an error stops the row, a warning does not.
    """

    code: str
    sheet: str
    row: int
    column: str
    letter: str
    header: str
    severity: str = ERROR
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What is wrong, in the current language."""
        return render(TEXTS[self.code].what, self.params)

    @property
    def advice(self) -> str:
        """What to do, in the current language."""
        return render(TEXTS[self.code].advice, self.params)

    @property
    def is_error(self) -> bool:
        """Whether the row cannot be taken in as it is."""
        return self.severity == ERROR

    def as_json(self) -> dict[str, Any]:
        """A plain dict for storage; `Problem(**stored)` reads it back."""
        return {
            "code": self.code,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "letter": self.letter,
            "header": self.header,
            "severity": self.severity,
            "params": dict(self.params),
        }


class RosterError(WorkbookError):
    """The file cannot be read as a roster. `code` is a key of FILE_TEXTS."""

    @property
    def message(self) -> str:
        """What is wrong, in the current language."""
        return render(FILE_TEXTS[self.code].what, self.params)

    @property
    def advice(self) -> str:
        """What to do, in the current language."""
        return render(FILE_TEXTS[self.code].advice, self.params)
