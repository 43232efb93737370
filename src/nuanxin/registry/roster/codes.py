"""Code lists of the household file, as data: code, Chinese, English, and the words rosters really use.

Lists that follow a national standard carry its codes; the others carry codes of our own. A list answers
`lookup(text)` for anything a person may type: the code, either name, a synonym, "01 汉族" or "1-男".
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

_NOISE = re.compile(r"[\W_]+")
_CODE_AND_NAME = re.compile(r"(\d{1,2})(\D.*)")


def normalise(text: str) -> str:
    """Fold width, case, spaces and punctuation, so that two spellings of one word compare equal."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


@dataclass(frozen=True, slots=True)
class Code:
    """One entry: the stored code, its two names, and further words that mean it."""

    code: str
    zh: str
    en: str
    synonyms: tuple[str, ...] = ()

    def label(self, lang: str) -> str:
        """The name in the given language ("zh…" is Chinese, anything else English)."""
        return self.zh if lang.startswith("zh") else self.en


@dataclass(frozen=True)
class CodeList:
    """A named list of codes; `standard` is the GB or GB/T number it follows, or empty."""

    key: str
    zh: str
    en: str
    standard: str
    items: tuple[Code, ...] = field(repr=False)

    @cached_property
    def by_code(self) -> dict[str, Code]:
        """The entries by their stored code."""
        return {item.code: item for item in self.items}

    @cached_property
    def words(self) -> dict[str, str]:
        """Every normalised word that means a code. A word must never mean two (a test holds this)."""
        table: dict[str, str] = {}
        for item in self.items:
            for word in (item.code, item.code.lstrip("0") or "0", item.zh, item.en, *item.synonyms):
                table.setdefault(normalise(word), item.code)
        return table

    def lookup(self, text: str) -> str | None:
        """The code a text means, or None. In "01 汉族" number and name must agree."""
        word = normalise(text)
        if word in self.words:
            return self.words[word]
        if pair := _CODE_AND_NAME.fullmatch(word):
            by_number, by_name = (self.words.get(part) for part in pair.groups())
            return by_name if by_number == by_name else None
        return None

    def labels(self, lang: str) -> list[str]:
        """All names in one language, in the order of the list."""
        return [item.label(lang) for item in self.items]


def _list(key: str, zh: str, en: str, table: str, standard: str = "") -> CodeList:
    """Read a list from lines `code | zh | en | synonyms`; an indented line holds further synonyms."""
    items: list[Code] = []
    for line in table.strip().splitlines():
        if line.startswith(" "):
            last = items.pop()
            items.append(Code(last.code, last.zh, last.en, (*last.synonyms, *line.split())))
        else:
            code, name_zh, name_en, *more = (part.strip() for part in line.split("|"))
            items.append(Code(code, name_zh, name_en, tuple(more[0].split()) if more else ()))
    return CodeList(key, zh, en, standard, tuple(items))


# fmt: off
SEX = _list("sex", "性别", "Sex", standard="GB/T 2261.1", table="""
0 | 未知的性别 | Unknown | 未知
1 | 男 | Male | 男性 M
2 | 女 | Female | 女性 F
9 | 未说明的性别 | Not stated | 未说明
""")

MARRIAGE = _list("marriage", "婚姻状况", "Marital status", standard="GB/T 2261.2", table="""
10 | 未婚 | Never married | 单身
20 | 已婚 | Married | 有配偶 在婚
21 | 初婚 | First marriage
22 | 再婚 | Remarried
23 | 复婚 | Remarried to the same spouse
30 | 丧偶 | Widowed
40 | 离婚 | Divorced | 离异 已离婚 离婚未再婚
90 | 未说明的婚姻状况 | Not stated | 未说明
""")

ETHNIC_GROUP = _list("ethnic_group", "民族", "Ethnic group", standard="GB/T 3304", table="""
01 | 汉族 | Han | 汉
02 | 蒙古族 | Mongol | 蒙古
03 | 回族 | Hui | 回
04 | 藏族 | Tibetan | 藏
05 | 维吾尔族 | Uygur | 维吾尔
06 | 苗族 | Miao | 苗
07 | 彝族 | Yi | 彝
08 | 壮族 | Zhuang | 壮
09 | 布依族 | Bouyei | 布依
10 | 朝鲜族 | Korean | 朝鲜
11 | 满族 | Manchu | 满
12 | 侗族 | Dong | 侗
13 | 瑶族 | Yao | 瑶
14 | 白族 | Bai | 白
15 | 土家族 | Tujia | 土家
16 | 哈尼族 | Hani | 哈尼
17 | 哈萨克族 | Kazak | 哈萨克
18 | 傣族 | Dai | 傣
19 | 黎族 | Li | 黎
20 | 傈僳族 | Lisu | 傈僳
21 | 佤族 | Va | 佤
22 | 畲族 | She | 畲
23 | 高山族 | Gaoshan | 高山
24 | 拉祜族 | Lahu | 拉祜
25 | 水族 | Sui | 水
26 | 东乡族 | Dongxiang | 东乡
27 | 纳西族 | Naxi | 纳西
28 | 景颇族 | Jingpo | 景颇
29 | 柯尔克孜族 | Kirgiz | 柯尔克孜
30 | 土族 | Tu | 土
31 | 达斡尔族 | Daur | 达斡尔
32 | 仫佬族 | Mulao | 仫佬
33 | 羌族 | Qiang | 羌
34 | 布朗族 | Blang | 布朗
35 | 撒拉族 | Salar | 撒拉
36 | 毛南族 | Maonan | 毛南
37 | 仡佬族 | Gelao | 仡佬
38 | 锡伯族 | Xibe | 锡伯
39 | 阿昌族 | Achang | 阿昌
40 | 普米族 | Pumi | 普米
41 | 塔吉克族 | Tajik | 塔吉克
42 | 怒族 | Nu | 怒
43 | 乌孜别克族 | Uzbek | 乌孜别克
44 | 俄罗斯族 | Russian | 俄罗斯
45 | 鄂温克族 | Ewenki | 鄂温克
46 | 德昂族 | De'ang | 德昂
47 | 保安族 | Bonan | 保安
48 | 裕固族 | Yugur | 裕固
49 | 京族 | Gin | 京
50 | 塔塔尔族 | Tatar | 塔塔尔
51 | 独龙族 | Derung | 独龙
52 | 鄂伦春族 | Oroqen | 鄂伦春
53 | 赫哲族 | Hezhen | 赫哲
54 | 门巴族 | Monba | 门巴
55 | 珞巴族 | Lhoba | 珞巴
56 | 基诺族 | Jino | 基诺
97 | 其他 | Other | 其他民族 未识别民族
98 | 外国血统中国籍人士 | Chinese citizen of foreign descent | 外国血统
""")

EDUCATION = _list("education", "文化程度", "Education", standard="GB/T 4658", table="""
10 | 研究生 | Postgraduate | 研究生教育 博士 硕士 博士研究生 硕士研究生
20 | 大学本科 | Bachelor | 大学本科教育 本科 大学 学士
30 | 大学专科 | Junior college | 大学专科教育 大专 专科 高职
40 | 中等职业教育 | Secondary vocational | 中专 中职 职高 技校 中技 职业高中 中等专科
60 | 高中 | Senior secondary | 普通高级中学教育 普通高中 普高
70 | 初中 | Junior secondary | 初级中学教育 初级中学
80 | 小学 | Primary | 小学教育
90 | 其他 | Other | 文盲 半文盲 未上学 学前 幼儿园 学龄前
""")

RELATION = _list("relation", "与户主关系", "Relation to the head", standard="GB/T 4761", table="""
0 | 本人 | Self | 户主 本人或户主 01 02
1 | 配偶 | Spouse | 妻子 丈夫 妻 夫 爱人 老婆 老公 夫妻 之妻 之夫 Wife Husband
2 | 子 | Son | 儿子 长子 次子 三子 四子 独生子 养子 继子 女婿 长男 之子
3 | 女 | Daughter | 女儿 长女 次女 二女 三女 四女 独生女 养女 继女 儿媳 媳妇 之女
4 | 孙子、孙女或外孙子、外孙女 | Grandchild | 孙子 孙女 外孙 外孙子 外孙女 孙 孙辈 之孙
5 | 父母 | Parent | 父亲 母亲 父 母 父或母 公公 婆婆 岳父 岳母 继父 继母 养父 养母 Father Mother
6 | 祖父母或外祖父母 | Grandparent | 祖父母 祖父 祖母 外祖父 外祖母 爷爷 奶奶 外公 外婆 姥姥 姥爷
7 | 兄弟姐妹 | Sibling | 兄 弟 姐 妹 哥哥 弟弟 姐姐 妹妹 兄弟 姐妹 兄弟姊妹 Brother Sister
8 | 其他 | Other | 其他亲属 其他关系 亲戚 侄子 侄女 外甥 外甥女 非亲属
""")

POLITICAL_STATUS = _list("political_status", "政治面貌", "Political status", standard="GB/T 4762", table="""
01 | 中共党员 | Member of the Communist Party | 中国共产党党员 党员 共产党员
02 | 中共预备党员 | Probationary member of the Communist Party | 中国共产党预备党员 预备党员
03 | 共青团员 | Member of the Communist Youth League | 团员 中国共产主义青年团团员
04 | 民革党员 | Member of the Revolutionary Committee of the Kuomintang | 民革 民革会员
05 | 民盟盟员 | Member of the China Democratic League | 民盟
06 | 民建会员 | Member of the China National Democratic Construction Association | 民建
07 | 民进会员 | Member of the China Association for Promoting Democracy | 民进
08 | 农工党党员 | Member of the Chinese Peasants' and Workers' Democratic Party | 农工党
09 | 致公党党员 | Member of the China Zhi Gong Party | 致公党
10 | 九三学社社员 | Member of the Jiusan Society | 九三学社
11 | 台盟盟员 | Member of the Taiwan Democratic Self-Government League | 台盟
12 | 无党派人士 | No party affiliation | 无党派 无党派民主人士
13 | 群众 | Ordinary citizen | 普通群众 公民
""")

HEALTH = _list("health", "健康状况", "Health", table="""
good | 良好 | Good | 健康 健康或良好 正常 一般 好
malignant_tumour | 恶性肿瘤 | Malignant tumour | 癌症 癌
cardiovascular | 心血管疾病 | Cardiovascular disease | 心血管病 心脏病 冠心病
cerebrovascular | 脑血管疾病 | Cerebrovascular disease | 脑血管病 脑梗 脑梗塞 脑出血 中风
end_stage_kidney | 终末期肾病 | End-stage kidney disease | 尿毒症 慢性肾衰竭
mental | 精神疾病 | Mental illness | 精神病 重性精神病
liver | 肝病 | Liver disease | 肝脏疾病 肝硬化 肝炎
blood | 血液病 | Blood disease | 血液疾病 白血病 再生障碍性贫血 血友病
diabetes | 糖尿病 | Diabetes
tumour | 肿瘤 | Tumour | 良性肿瘤
spine | 脊柱疾病 | Spinal disease | 脊椎病 颈椎病 腰椎病 腰椎间盘突出
hypertension | 高血压 | Hypertension | 高血压病
lung | 肺病 | Lung disease | 肺部疾病 尘肺 尘肺病 肺结核
common | 一般疾病 | Common illness | 普通疾病 一般慢性病 慢性病
coma | 深度昏迷 | Coma | 昏迷 植物人
permanent_paralysis | 永久性瘫痪 | Permanent paralysis | 瘫痪
severe_neurological | 重度阿尔茨海默/帕金森/运动神经元病 | Severe Alzheimer's, Parkinson's, motor neurone
    阿尔茨海默病 帕金森病 帕金森 运动神经元病 老年痴呆
disabled | 残疾 | Disabled | 残疾人
""")

DISABILITY_KIND = _list("disability_kind", "残疾类别", "Kind of disability", table="""
sight | 视力残疾 | Sight | 视力
hearing | 听力残疾 | Hearing | 听力
speech | 言语残疾 | Speech | 言语 语言残疾
intellect | 智力残疾 | Intellect | 智力
limb | 肢体残疾 | Limb | 肢体
mental | 精神残疾 | Mental | 精神
multiple | 多重残疾 | Multiple | 多重
""")

DISABILITY_LEVEL = _list("disability_level", "残疾等级", "Level of disability", table="""
1 | 一级 | Level 1 | 壹级 1级 Ⅰ级
2 | 二级 | Level 2 | 贰级 2级 Ⅱ级
3 | 三级 | Level 3 | 叁级 3级 Ⅲ级
4 | 四级 | Level 4 | 肆级 4级 Ⅳ级
""")

WORK_STATUS = _list("work_status", "工作状态", "Work status", table="""
employed | 在岗 | Employed | 在职 就业 已就业 上班 在业 灵活就业
laid_off | 下岗（待岗） | Laid off or waiting | 下岗 待岗 下岗待岗 下岗职工
unemployed | 失业 | Unemployed | 无业 待业 未就业
retired | 退休 | Retired | 已退休
sick_leave | 病休 | Sick leave | 长病假 病假
early_retired | 内退 | Early retired | 内部退养 提前退休 退养
veteran_retired | 离休 | Veteran retired
""")

MEMBER_STATUS = _list("member_status", "身份", "Status", table="""
student | 学生 | Student | 在校学生 在读 在校 上学
preschool | 学龄前儿童 | Pre-school child | 学前 学龄前 幼儿 儿童
employed | 在职 | Employed | 在岗 职工 工人 就业 已就业 务工 打工 灵活就业 农民工
farming | 务农 | Farming | 农民
unemployed | 失业 | Unemployed | 无业 待业 下岗 待岗 未就业
retired | 退休 | Retired | 离休 内退 离退休 已退休
no_ability | 无劳动能力 | Unable to work | 丧失劳动能力
other | 其他 | Other
""")

HOUSING = _list("housing", "住房类型", "Housing", table="""
self_built | 自建房 | Self-built | 自建 私房 农村自建房
commercial | 商品房 | Commercial | 自购商品房
economical | 经济适用房 | Economical | 经适房 经济适用住房
price_limited | 限价房 | Price-limited | 限价商品房
employer_public | 单位公房 | Employer's public housing | 公房 承租单位公房 集体宿舍 单位宿舍 房改房
low_rent | 廉租房 | Low-rent | 公租房 公共租赁住房 廉租住房 保障房
rented | 租房 | Rented | 租赁 租住 出租房 承租私房
other | 其他 | Other | 借住 无房
""")

MODEL_WORKER = _list("model_worker", "劳模类型", "Model worker", table="""
none | 非劳模 | Not a model worker | 无 否 不是 没有
national | 全国劳模 | National | 全国 全国级 国家级
provincial | 省部级劳模 | Provincial or ministerial | 省部级 省级 省劳模 部级
city | 地市级劳模 | City | 市级 地市级 市劳模
other | 其他劳模 | Other | 其他 县级 区县级
""")

HUKOU = _list("hukou", "户口类型", "Hukou type", table="""
agricultural | 农业 | Agricultural | 农业户口 农村 农村户口
non_agricultural | 非农业 | Non-agricultural | 非农业户口 城镇 城镇户口 非农 城市
converted | 农转非 | Converted | 农转居 农转城
""")

RESIDENCE = _list("residence", "居住地类别", "Residence", table="""
urban | 城镇 | Urban | 城市 县城 市区 城区
rural | 农村 | Rural | 乡村 村 乡镇农村
""")

INSURANCE = _list("insurance", "医疗保险", "Medical insurance", table="""
employee | 职工医保 | Employees' insurance
    城镇职工医保 职工基本医疗保险 城镇职工基本医疗保险 城镇职工 职工
resident | 居民医保 | Residents' insurance
    城乡居民医保 城镇居民医保 新农合 新型农村合作医疗 城乡居民 居民 合作医疗
other | 其他医保 | Other insurance | 其他 商业保险 公费医疗
none | 未参保 | Not insured | 无 未参加 没有 否 无医保
""")

INDUSTRY = _list("industry", "行业", "Industry", standard="GB/T 4754", table="""
A | 农、林、牧、渔业 | Agriculture, forestry, animal husbandry and fishery | 农业 林业 畜牧业 渔业
B | 采矿业 | Mining | 采矿 煤炭 煤矿 矿业
C | 制造业 | Manufacturing | 制造 工业 加工业 纺织
D | 电力、热力、燃气及水生产和供应业 | Electricity, heat, gas and water | 电力 供水 供电 水电
E | 建筑业 | Construction | 建筑
F | 批发和零售业 | Wholesale and retail | 批发零售 零售业 商业 商贸 批发 零售
G | 交通运输、仓储和邮政业 | Transport, storage and post | 交通运输 运输业 交通 运输 邮政 物流 快递
H | 住宿和餐饮业 | Hotels and catering | 餐饮 住宿餐饮 餐饮业 住宿
I | 信息传输、软件和信息技术服务业 | Information technology | 信息技术 软件 通信 电信
J | 金融业 | Finance | 金融 银行 保险
K | 房地产业 | Real estate | 房地产 物业 物业管理
L | 租赁和商务服务业 | Leasing and business services | 商务服务 租赁 保安 劳务派遣
M | 科学研究和技术服务业 | Research and technical services | 科研 技术服务
N | 水利、环境和公共设施管理业 | Water, environment and public facilities
    水利 环卫 环境卫生 园林 公共设施管理
O | 居民服务、修理和其他服务业 | Household, repair and other services | 居民服务 服务业 家政 修理
P | 教育 | Education | 教育业
Q | 卫生和社会工作 | Health and social work | 卫生 医疗 医疗卫生
R | 文化、体育和娱乐业 | Culture, sport and entertainment | 文化 体育 娱乐
S | 公共管理、社会保障和社会组织 | Public administration and social organisations
    公共管理 机关 政府 社会组织
T | 国际组织 | International organisations
""")

CAUSE = _list("cause", "致困原因", "Cause of difficulty", table="""
no_ability | 无劳动能力 | No ability to work | 丧失劳动能力 缺劳动力
able_unemployed | 有劳动能力但未就业 | Able but unemployed | 失业 无业 未就业
laid_off | 下岗 | Laid off | 下岗失业 待岗
uninsured | 未参加社会保险 | Uninsured | 未参保 无保险
underinsured | 保险待遇不足 | Insurance not sufficient | 保险不足 社保待遇不足
major_illness | 重大疾病 | Major illness | 大病 因病 患病 疾病 因病致困 重病
natural_disaster | 自然灾害 | Natural disaster | 灾害 因灾 因灾致困
accident | 意外事故 | Accident | 意外 意外灾害 突发意外 事故 意外致困
schooling | 子女上学 | Children's schooling | 子女教育 因学 子女就学 上学 因学致困 供养子女上学
other | 其他 | Other | 其他原因
""")

FOCUS_GROUP = _list("focus_group", "困难群体类别", "Focus group", table="""
dibao_underemployed | 享受低保且未充分就业 | On dibao and under-employed | 享受低保的未充分就业职工 低保
below_line | 低于低保标准未纳入低保 | Below the line but not on dibao | 应保未保
expenditure | 支出型困难 | Expenditure type | 支出型 支出型贫困
migrant | 困难农民工 | Migrant worker in difficulty | 农民工
restructured | 改制企业困难职工 | Worker of a restructured firm | 改制企业职工 破产改制企业职工
other | 其他 | Other
""")

ORIGIN = _list("origin", "档案来源", "Origin", table="""
stock | 存量 | Stock | 存量户
new | 增量 | New | 新增 增量户
returned | 返困 | Returned to difficulty | 返困户 返贫
""")

HARDSHIP_CLASS = _list("hardship_class", "困难类别", "Class of difficulty", table="""
deep | 深度困难 | Deep | 深度 深度困难职工 特困
relative | 相对困难 | Relative | 相对 相对困难职工
accident | 意外致困 | Accident | 意外 意外致困职工
""")

# fmt: on
CODE_LISTS: dict[str, CodeList] = {
    code_list.key: code_list
    for code_list in (
        SEX,
        MARRIAGE,
        ETHNIC_GROUP,
        EDUCATION,
        RELATION,
        POLITICAL_STATUS,
        HEALTH,
        DISABILITY_KIND,
        DISABILITY_LEVEL,
        WORK_STATUS,
        MEMBER_STATUS,
        HOUSING,
        MODEL_WORKER,
        HUKOU,
        RESIDENCE,
        INSURANCE,
        INDUSTRY,
        CAUSE,
        FOCUS_GROUP,
        ORIGIN,
        HARDSHIP_CLASS,
    )
}
