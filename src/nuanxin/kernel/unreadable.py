"""Why a file cannot be read as a table, in words: what is wrong, and what to do about it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

MB = 1024 * 1024
_SAVE_AS = _("请用表格软件打开，另存为“Excel 工作簿（.xlsx）”后再上传。")
_SAVE_TEXT = _("请用表格软件打开原表，另存为 .xlsx 或“CSV UTF-8”后再上传。")
#: By code: what is wrong, and what to do about it.
TEXTS: dict[str, tuple[Any, Any]] = {
    "not_xlsx": (
        _("这不是 .xlsx 工作簿。"),
        _SAVE_AS,
    ),
    "old_xls": (
        _("这是旧的 .xls 格式，只是改了扩展名。"),
        _SAVE_AS,
    ),
    "encrypted": (_("工作簿设有打开密码，无法读取。"), _("请取消密码后另存，再上传。")),
    "archive": (_("这是压缩包，不是工作簿。"), _("请先解压，再上传其中的 .xlsx 文件。")),
    "picture": (_("这是图片，不是表格。"), _("请上传表格文件；图片中的内容要先录入表格。")),
    "pdf": (_("这是 PDF 文件，不是表格。"), _("请上传生成这份 PDF 的表格文件。")),
    "web_page": (_("这是网页或 XML 文件，只是改了扩展名。"), _SAVE_AS),
    "word": (_("这是 Word 文档，不是表格。"), _("请把其中的表格复制到工作簿，另存为 .xlsx 后再上传。")),
    "other_book": (_("这是 %(kind)s 格式的工作簿，只是改了扩展名。"), _SAVE_AS),
    "text_empty": (_("文件是空的。"), _("请填写后再上传。")),
    "text_encoding": (_("认不出文本文件的编码。"), _SAVE_TEXT),
    "text_damaged": (_("文件是 %(encoding)s 编码，但第 %(line)s 行有损坏的字符。"), _SAVE_TEXT),
    "text_mixed": (
        _("第 %(line)s 行按 GB18030 读出来是乱码，文件可能是别的编码，或混有两种编码。"),
        _SAVE_TEXT,
    ),
    "text_lost": (
        _("第 %(line)s 行有“�”或“锟斤拷”，原来的字在以前转存时已经丢失。"),
        _("请从最初的表格重新导出，不要用这份文件。"),
    ),
    "text_quotes": (
        _("第 %(line)s 行附近的引号不成对，后面的格子会串位。"),
        _("请检查这一行的双引号，或用表格软件打开原表，另存为 .xlsx 后再上传。"),
    ),
    "text_record": (
        _("第 %(line)s 行过长，不像表格的一行。"),
        _("请检查这一行的双引号和换行，另存后再上传。"),
    ),
    "text_slipped": (
        _("这些行的格数比表头多：%(rows)s。内容中可能有没加引号的分隔符，格子会串位。"),
        _("请用表格软件打开原表，另存为 .xlsx 或 CSV UTF-8 后再上传。"),
    ),
    "broken": (_("文件已损坏，无法读取。"), _("请用表格软件打开检查，另存后再上传。")),
    "too_large": (
        _("文件过大：%(size)s MB，最多 %(limit)s MB。"),
        _("请删去图片和无关的工作表，或分成几个文件上传。"),
    ),
    "bomb": (
        _("文件展开后过大或结构异常，为安全起见已拒绝读取。"),
        _("请新建工作簿，只把数据按“值”粘贴进去再上传。"),
    ),
}


class WorkbookError(ValueError):
    """The file cannot be read as a workbook. `code` is a key of TEXTS."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    @property
    def message(self) -> str:
        """What is wrong, in the current language."""
        return str(TEXTS[self.code][0]) % self.params

    @property
    def advice(self) -> str:
        """What to do, in the current language."""
        return str(TEXTS[self.code][1]) % self.params

    def __str__(self) -> str:
        return f"{self.message}{self.advice}"
