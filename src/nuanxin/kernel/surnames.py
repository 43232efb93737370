"""Surnames: where a Chinese name divides, and the readings surnames have of their own."""

_COMPOUND = (
    "欧阳 司马 上官 诸葛 夏侯 东方 皇甫 尉迟 公孙 轩辕 令狐 宇文 长孙 慕容 司徒 司空 鲜于 闾丘 澹台 濮阳"
    " 淳于 单于 太叔 申屠 钟离 呼延 万俟 赫连 端木 南宫 西门 独孤 拓跋 完颜 耶律 百里 东郭 公冶 宗政 第五"
    " 仲孙 公羊 亓官 巫马 公西 漆雕 乐正 壤驷 公良 夹谷 宰父 谷梁 段干 南门 左丘 东门 纳兰 达奚"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND.split())

# Where a surname is read otherwise than its characters usually are: one reading for each character.
_READINGS = (
    "单:shan 仇:qiu 曾:zeng 解:xie 区:ou 查:zha 朴:piao 盖:ge 繁:po 员:yun 种:chong 翟:zhai 缪:miao 覃:qin"
    " 折:she 秘:bi 黑:he 召:shao 尉:wei 乐:yue 薄:bo 卜:bu 柏:bai 宿:su 车:che 祭:zhai 句:gou 撒:sa 谌:chen"
    " 都:du 訾:zi 藏:zang 冼:xian"
    " 尉迟:yu,chi 万俟:mo,qi 长孙:zhang,sun 单于:chan,yu 澹台:tan,tai 鲜于:xian,yu 乐正:yue,zheng"
    " 亓官:qi,guan 宰父:zai,fu 夹谷:jia,gu"
)
SURNAME_READINGS = {
    surname: tuple(reading.split(","))
    for surname, reading in (entry.split(":") for entry in _READINGS.split())
}


def split_surname(name: str) -> tuple[str, str]:
    """('欧阳', '修'), ('解', '缙'): surname and given name of a name in Chinese characters.

    A compound surname is seen only when a given name follows it; the first character is taken
    otherwise. Whether the name is of the surname-first kind at all is the caller's to know.
    """
    size = 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1
    return name[:size], name[size:]
