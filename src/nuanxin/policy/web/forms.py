"""Forms for packs and standards."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web.forms import Form, Group

from .. import standing
from ..engine.source import MOST_BYTES


class TextForm(Form):
    """The text of a pack, typed or from a file; a file that is chosen replaces what is typed."""

    text = forms.CharField(
        label=_("政策包内容"),
        required=False,
        strip=False,
        max_length=MOST_BYTES,
        widget=forms.Textarea({"data-code": "", "spellcheck": "false", "wrap": "off", "class": "code-input"}),
    )
    file = forms.FileField(
        label=_("上传文件"), required=False, help_text=_("选择 .yaml 文件后，以文件内容为准。")
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        upload = data.get("file")
        if upload:
            data["text"] = self._read(upload)
        if not (data.get("text") or "").strip() and not self.errors:
            self.add_error("text", _("请粘贴政策包内容，或选择文件。"))
        return data

    def _read(self, upload: Any) -> str:
        if upload.size > MOST_BYTES:
            self.add_error("file", _("文件过大，政策包最多 1 MB。"))
            return ""
        try:
            return str(upload.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            self.add_error("file", _("文件不是 UTF-8 文本，请用文本编辑器另存为 UTF-8 后再上传。"))
            return ""


class ReturnForm(Form):
    reason = forms.CharField(label=_("退回理由"), widget=forms.Textarea, max_length=500)


class HeadingForm(Form):
    """The document and the period of a change of standards."""

    groups = [
        Group(_("标准"), ["code", "correction"]),
        Group(_("依据文件"), ["document", "document_number", "document_date", "document_en"]),
        Group(_("施行时间"), ["valid_from", "valid_to"]),
    ]

    code = forms.ChoiceField(label=_("标准名称"))
    correction = forms.BooleanField(
        label=_("这是更正：取代从同一天起施行的错误数值"),
        required=False,
        help_text=_("错误的数值作废但保留在案，已作出的决定不受影响；需要重新核定的，请做批量复核。"),
    )
    document = forms.CharField(label=_("文件名称"), max_length=120)
    document_number = forms.CharField(
        label=_("文号"), max_length=40, required=False, help_text=_("例如 云民发〔2025〕12号。")
    )
    document_date = forms.DateField(label=_("发文日期"))
    document_en = forms.CharField(label=_("文件英文名称"), max_length=200, required=False)
    valid_from = forms.DateField(label=_("施行日期"))
    valid_to = forms.DateField(
        label=_("停止施行日期"),
        required=False,
        help_text=_("从这一天起不再施行；留空则一直施行到新标准开始。"),
    )

    def __init__(self, *args: Any, fixed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fixed:
            del self.fields["code"]
            return
        english = (get_language() or "").startswith("en")
        kinds = standing.standard_kinds(timezone.localdate()).values()
        self.fields["code"].choices = [(kind.code, kind.name_en if english else kind.name) for kind in kinds]  # type: ignore[attr-defined]


class TableForm(Form):
    file = forms.FileField(
        label=_("填好的表格"), help_text=_(".xlsx 或 .csv；表格内容会取代已填的全部行，有错可在页面上改。")
    )
