"""What people, streets and employers are called: made up from common parts, in their usual proportions."""

import random
import re
from collections.abc import Iterator
from itertools import product

from bench.people import GIVEN
from nuanxin.kernel.pinyin import pinyin_initials, pinyin_key


def _words(text: str) -> list[str]:
    return text.split()


#: The commonest surnames, with how many in ten thousand bear them (rounded from the published lists).
_SURNAMES = (
    "王725 李719 张683 刘538 陈453 杨308 黄225 赵229 吴205 周212 徐167 孙154 马129 朱126 胡131 郭115"
    " 何117 林115 高110 罗86 郑93 梁85 谢80 宋81 唐65 许73 韩68 冯64 邓69 曹65 彭62 曾58 肖59 田52"
    " 董58 袁54 潘51 于48 蒋47 蔡46 余46 杜44 叶43 程44 苏42 魏45 吕44 丁43 任41 沈41 姚39 卢40 姜38"
    " 崔38 钟38 谭38 陆37 汪37 范36 金35 石34 廖34 贾33 夏32 韦31 付31 方31 白29 邹29 孟27 熊27 秦27"
    " 邱26 江26 尹25 薛25 闫24 段23 雷22 侯21 龙21 史20 陶20 黎20 贺19 顾19 毛19 郝19 龚19 邵18 万18"
    " 钱17 严17 覃17 武17 戴17 莫17 孔17 向17 汤17 和9 木3 欧阳7 司马1 诸葛1 上官1"
)
#: Names written by sound, of two parts: one in a hundred people.
_FIRST = _words("买买提 阿卜杜拉 古丽 艾力 吐尔逊 阿依古丽 扎西 卓玛 次仁 格桑 巴特尔 乌兰")
_SECOND = _words("艾力 热合曼 买买提 多吉 拉姆 平措 白玛 吐尔地 玉素甫 其木格")
#: So many slots; a name drawn often has many of them.
CALLED = 200_000
STREETS, EMPLOYERS = 1_000, 5_000
_TRADES = _words(
    "建筑工程 纺织 机械制造 化工 矿业 煤业 水泥 造纸 印染 食品 酒业 物流 运输 客运 环卫"
    " 物业服务 餐饮管理 百货 超市 电子科技 汽车配件 钢铁 木业 农资 医药 旅游 供销 水务 燃气"
    " 电力安装"
)
_FORMS = ("有限公司", "厂", "有限责任公司", "集团")
_STREETS = _words(
    "人民 解放 建设 新华 中山 胜利 和平 文化 团结 光明 工农 东风 红星 朝阳 友谊 育才 健康 滨河 站前 环城"
)
_ENDINGS = _words("路 街 大道 巷 北路 南路 东街 西街 一路 二路")


def called() -> Iterator[tuple[int, str, str, str]]:
    """Slots of names: slot, name, pinyin, initials."""
    rng = random.Random(1)
    borne = {name: int(often) for name, often in re.findall(r"(\D+)(\d+)", _SURNAMES.replace(" ", ""))}
    surnames = rng.choices(list(borne), list(borne.values()), k=CALLED)
    # The first given characters are the commonest: a third of the names share a tenth of them.
    weights = [1 / (place + 8) for place in range(len(GIVEN))]
    for slot, surname in enumerate(surnames):
        if rng.random() < 0.01:
            name = f"{rng.choice(_FIRST)}·{rng.choice(_SECOND)}"
        else:
            name = surname + "".join(rng.choices(GIVEN, weights, k=1 if rng.random() < 0.15 else 2))
        yield slot, name, pinyin_key(name), pinyin_initials(name)


def county_names() -> Iterator[str]:
    """Names of counties and prefectures, some of them more than once, as in the country."""
    rng = random.Random(4)
    while True:
        yield rng.choice("安平昌宁兴永新长德金嘉云清泰定康怀武广建") + rng.choice(
            "阳平安远江华山城川水源化乡陵州海宁南"
        )


def streets() -> Iterator[tuple[int, str]]:
    """Slots of streets and housing estates: slot, name."""
    rng = random.Random(2)
    plain = [a + b for a, b in product(_STREETS, _ENDINGS)]
    for slot in range(STREETS):
        yield (
            slot,
            plain[slot] if slot < len(plain) else "".join(rng.choices(GIVEN, k=2)) + rng.choice(_ENDINGS),
        )


def employers() -> Iterator[tuple[int, str, str, str]]:
    """Slots of employers: slot, name without its place, pinyin, initials."""
    rng = random.Random(3)
    for slot in range(EMPLOYERS):
        name = f"{''.join(rng.choices(GIVEN, k=2))}{rng.choice(_TRADES)}{rng.choice(_FORMS)}"
        yield slot, name, pinyin_key(name), pinyin_initials(name)
