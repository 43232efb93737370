"""Forms that bring a roster in."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.web.forms import Form
from nuanxin.registry.importing.places import keepers

from .forms import MOST_UNIONS


class _Files(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name)


class TablesField(forms.FileField):
    """One workbook, or the text files of one; a list of uploads in Python, which the service looks at."""

    def __init__(self) -> None:
        most = settings.MAX_WORKBOOK_BYTES // 2**20
        super().__init__(
            label=_("花名册（.xlsx 或 .csv）"),
            widget=_Files({"accept": ".xlsx,.xlsm,.csv,.tsv,.txt", "multiple": True}),
            help_text=_("最大 %(most)s MB，一次最多 10 万行。CSV 请同时选中家庭、成员两个文件。")
            % {"most": most},
        )

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """The uploads as they are; an empty one is told by its name."""
        if not data:
            raise ValidationError(self.error_messages["required"], code="required")
        for file in data:
            if not file.size:
                raise ValidationError(_("“%(name)s”是空的。"), code="empty", params={"name": file.name})
        return list(data)


class UploadForm(Form):
    file = TablesField()
    year = forms.TypedChoiceField(
        label=_("支出所属年度"), coerce=int, help_text=_("医疗、就学、残疾支出三列是哪一年的。")
    )
    place = forms.ChoiceField(
        label=_("默认基层工会"), required=False, help_text=_("没有填“所属工会”一列的家庭归到这里。")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        this_year = timezone.localdate().year
        year = self.fields["year"]
        year.choices = [(y, str(y)) for y in range(this_year, this_year - 3, -1)]  # type: ignore[attr-defined]
        path = scope.current().org_path
        unions = list(keepers(path)[: MOST_UNIONS + 1])
        if len(unions) > MOST_UNIONS or [union.path for union in unions] == [path]:
            del self.fields["place"]
        else:
            named = [(union.path, union.local_name) for union in unions]
            self.fields["place"].choices = [("", _("以表中所填为准")), *named]  # type: ignore[attr-defined]

    def clean_place(self) -> str | None:
        return self.cleaned_data["place"] or None


class AgainForm(Form):
    file = TablesField()
