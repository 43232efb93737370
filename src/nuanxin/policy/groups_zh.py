"""The headings programmes of assistance stand under, in both languages."""

from .engine.texts import Text

#: The headings programmes stand under, in the order of the menu.
GROUPS = {
    "files": Text("困难职工建档", "Files"),
    "standing": Text("日常帮扶", "Standing aid"),
    "sudden": Text("突发困难和应急救助", "Sudden hardship"),
    "warmth": Text("送温暖", "Sending warmth"),
    "insurance": Text("互助保障", "Mutual cover"),
    "services": Text("维权和就业服务", "Rights and work"),
    "firms": Text("企业纾困", "Relief for firms"),
    "unions": Text("基层工会建设", "Grassroots unions"),
}
