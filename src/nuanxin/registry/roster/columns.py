"""The declared columns of a roster: one sheet of households, one of their members.

A household row carries the head's own fields and the family's. A member row is tied to its household by the
head's ID number: a number with a check digit that misses sooner than it hits the wrong family, while a serial
number slips unseen when rows are sorted or inserted. The serial (户序号) is optional on both sheets and only
has to agree when given.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from .codes import CODE_LISTS, CodeList


class Kind(StrEnum):
    """How a cell is read. The comment gives the cleaned type."""

    TEXT = "text"  # str
    NAME = "name"  # str
    ID = "id"  # str, 18 characters
    PHONE = "phone"  # str, 11 digits
    CONTACT = "contact"  # str
    CARD = "card"  # str, digits
    DATE = "date"  # datetime.date
    YEAR = "year"  # datetime.date, the first of September when only a year is given
    MONEY = "money"  # int, fen
    COUNT = "count"  # int
    AREA = "area"  # Decimal, square metres
    FLAG = "flag"  # bool
    CODE = "code"  # str, a code of the list
    CODES = "codes"  # tuple of str
    DIVISION = "division"  # str, a GB/T 2260 code or a place name
    POSTCODE = "postcode"  # str, 6 digits


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column. `limit` is the longest text, the largest count, or the most codes.

    `required` cells must be filled; `asked` ones are facts the filing policy needs, and blank means unknown.
    `secret` names the sealing purpose of a value that must not be stored plain. `month_ok` lets a date
    stand without its day.
    """

    key: str
    zh: str
    en: str
    kind: Kind
    synonyms: tuple[str, ...] = ()
    required: bool = False
    asked: bool = False
    codes: CodeList | None = None
    limit: int = 0
    secret: str = ""
    month_ok: bool = False
    example: str = ""

    def label(self, lang: str) -> str:
        """The header in the given language."""
        return self.zh if lang.startswith("zh") else self.en


@dataclass(frozen=True)
class SheetSpec:
    """One sheet of a roster: its key, its names, and its columns in the order of the template."""

    key: str
    zh: str
    en: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]

    @cached_property
    def position(self) -> dict[str, int]:
        """Where each key stands among the columns."""
        return {column.key: place for place, column in enumerate(self.columns)}

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all columns in order."""
        return tuple(column.key for column in self.columns)

    def label(self, lang: str) -> str:
        """The sheet's name in the given language."""
        return self.zh if lang.startswith("zh") else self.en


def _column(line: str) -> Column:
    """Read one declaration: key | zh | en | kind | marks | example."""
    key, zh, en, kind, marks, example, *_ = (part.strip() for part in f"{line}||".split("|"))
    words = dict(mark.partition("=")[::2] for mark in marks.split())
    return Column(
        key,
        zh,
        en,
        Kind(kind),
        required="required" in words,
        asked="asked" in words,
        month_ok="month_ok" in words,
        codes=CODE_LISTS[words["codes"]] if "codes" in words else None,
        limit=int(words.get("limit", 0)),
        secret=words.get("secret", ""),
        example=example,
    )


def _columns(table: str) -> tuple[Column, ...]:
    """Read declarations, one a line; an indented line holds synonyms of the header above it."""
    columns: list[Column] = []
    for line in table.strip().splitlines():
        if line.startswith(" "):
            column = columns.pop()
            columns.append(replace(column, synonyms=(*column.synonyms, *line.split())))
        else:
            columns.append(_column(line))
    return tuple(columns)


# fmt: off
_HOUSEHOLD_NAMES = ("家庭", "家庭表", "家庭信息", "户主", "households")
_MEMBER_NAMES = ("成员", "成员表", "家庭成员", "家庭成员表", "members")

HOUSEHOLDS = SheetSpec("households", "家庭", "Households", _HOUSEHOLD_NAMES, _columns("""
serial | 户序号 | Household no. | text | limit=20 | 示例
    户编号 家庭序号 家庭编号
union | 所属工会 | Union | text | limit=120
    基层工会 所在工会 工会名称 工会 所属基层工会 工会编号
name | 户主姓名 | Head's name | name | required limit=60 | 张建国
    姓名 困难职工姓名 职工姓名 户主 申请人 申请人姓名 Name
id_number | 身份证号 | ID number | id | required secret=id_number
    户主身份证号 户主身份证号码 身份证号码 身份证 公民身份号码 公民身份证号码 居民身份证号码 身份号码
sex | 性别 | Sex | code | codes=sex | 男
    户主性别 成员性别
born_on | 出生日期 | Birth date | date | month_ok | 1978-05-12
    出生年月 出生年月日 生日
ethnic | 民族 | Ethnic group | code | required codes=ethnic_group | 汉族
political | 政治面貌 | Political status | code | required codes=political_status | 群众
    政治面目
marriage | 婚姻状况 | Marital status | code | required codes=marriage | 已婚
    婚姻 婚姻状态
education | 文化程度 | Education | code | codes=education | 高中
    学历 受教育程度
health | 健康状况 | Health | code | required codes=health | 良好
    健康状态 身体状况 疾病类型
disability_kind | 残疾类别 | Kind of disability | code | codes=disability_kind
    残疾类型 残疾种类
disability_level | 残疾等级 | Level of disability | code | codes=disability_level
    残疾级别
work_status | 工作状态 | Work status | code | required codes=work_status | 下岗
    工作状况 就业状况 就业状态
model_worker | 劳模类型 | Model worker | code | required codes=model_worker | 非劳模
    劳模 劳模称号 劳模级别 是否劳模
hukou | 户口类型 | Hukou type | code | required codes=hukou | 非农业
    户口性质 户籍类型 户籍性质
hukou_division | 户籍所在地 | Hukou division | division | required limit=120 | 云南省德钦县
    户口所在地 户籍地 户口所在地行政区划 户籍所在地行政区划 户籍行政区划 户籍地址
residence | 居住地类别 | Residence | code | required codes=residence | 城镇
    城乡 城乡类别 居住地 城镇或农村 城乡属性
mobile | 手机号码 | Mobile | phone | required secret=phone
    手机 手机号 联系电话 电话 移动电话 联系方式 电话号码
other_contact | 其他联系方式 | Other contact | contact | limit=60 secret=phone
    其他电话 备用电话 固定电话
postcode | 邮政编码 | Postcode | postcode |
    邮编
housing | 住房类型 | Housing | code | required codes=housing | 租房
    住房性质 房屋类型 住房情况
floor_area | 建筑面积 | Floor area | area | limit=10000 | 62.5
    住房面积 房屋面积 面积
address | 家庭住址 | Address | text | limit=200
    住址 家庭地址 现住址 居住地址 详细地址 通讯地址 地址
homes | 住房套数 | Homes owned | count | asked limit=20 | 1
    房产套数 自有住房套数 拥有住房套数
vehicle | 经常使用非工作用汽车 | Habitual private car use | flag | asked | 否
    是否有车 有无车辆 是否经常使用汽车 车辆 有无机动车 经常使用非营运汽车 私家车
business | 开店或雇工 | Shop or hired staff | flag | asked | 否
    是否开店或雇工 有无店铺或雇工 经商办企业或雇工 是否经商 是否经商办企业 经商办企业
costly_schooling | 高收费私立学校或自费留学 | Costly private school or study abroad | flag | asked | 否
    是否高收费择校或自费留学 高收费学校 自费留学
started_work_on | 参加工作时间 | Started work | date | required month_ok | 1998-07
    参加工作日期 参工时间 工作时间
employer | 工作单位 | Employer | text | limit=120
    单位名称 单位 所在单位 用人单位 原工作单位
employer_nature | 单位性质 | Employer's nature | text | limit=24
    企业性质
employer_state | 单位状况 | Employer's state | text | limit=24
    企业状况 单位状态
industry | 所属行业 | Industry | code | required codes=industry | 制造业
    行业 行业类别 单位所属行业
monthly_income | 本人月收入 | Own monthly income | money | required | 1500
    月收入 本人月平均收入 月平均收入 个人月收入
other_income | 其他年收入 | Other yearly income | money | required | 0
    家庭其他年收入 其他收入 家庭其他收入
annual_income | 家庭年收入 | Family yearly income | money | required | 30000
    家庭年总收入 家庭年度总收入 家庭年可支配收入 家庭总收入 年收入 家庭全年收入 年家庭收入
people | 家庭人口 | People in the family | count | required limit=30 | 3
    家庭人数 家庭人口数 人口 共同生活人口 人口数
per_head | 家庭月人均收入 | Monthly per head | money |
    人均月收入 月人均收入 家庭人均月收入
single_parent | 单亲 | Single parent | flag |
    是否单亲 单亲家庭 是否单亲家庭
self_help | 有自救能力 | Able to help itself | flag |
    自救能力 有无自救能力 是否有自救能力 有一定自救能力
zero_employment | 零就业家庭 | Zero-employment family | flag |
    是否零就业家庭 零就业
medical_insurance | 医疗保险 | Medical insurance | code | required codes=insurance | 居民医保
    医保 医保状况 医保类型 参加医保情况
dibao_certificate | 持有低保证 | Dibao certificate | flag | asked | 否
    是否低保 低保 低保户 是否持有低保证 是否低保户 享受低保 是否享受低保
loss | 意外损失 | Sudden loss | money | asked | 0
    意外损失金额 突发损失 灾害损失 损失金额
disaster_victim | 遭受灾害 | Disaster victim | flag | asked | 否
    是否受灾 受灾 是否遭受灾害
spend_medical | 医疗自付支出 | Medical spending | money | asked | 8600
    医疗支出 医疗自付 医疗费 自付医疗费 刚性支出医疗
spend_medical_evidenced | 医疗支出有凭证 | Medical spending evidenced | flag | | 是
    医疗支出凭证 医疗有无凭证
spend_schooling | 就学支出 | Schooling spending | money | asked | 4000
    教育支出 上学支出 助学支出 刚性支出教育
spend_schooling_evidenced | 就学支出有凭证 | Schooling spending evidenced | flag | | 是
    教育支出凭证 就学支出凭证 教育支出有凭证
spend_disability | 残疾康复护理支出 | Disability spending | money | asked | 0
    残疾支出 残疾康复支出 康复支出 护理支出 刚性支出残疾
spend_disability_evidenced | 残疾支出有凭证 | Disability spending evidenced | flag |
    残疾支出凭证 康复支出凭证 残疾康复护理支出有凭证
main_cause | 主要致困原因 | Main cause | code | required codes=cause | 重大疾病
    致困原因 困难原因 主要困难原因 致困原因主要
other_causes | 次要致困原因 | Other causes | codes | limit=3 codes=cause | 子女上学、下岗
    其他致困原因 次要原因 致困原因次要
focus_group | 重点群体 | Focus group | code | codes=focus_group
    困难群体 困难群体类别
origin | 档案来源 | Origin | code | codes=origin
    存量增量返困 存量增量 档案类别
declared_class | 申报困难类别 | Declared class | code | codes=hardship_class
    困难类别 困难类型 困难程度
bank | 开户银行 | Bank | text | limit=60
    银行 开户行 银行名称
branch | 开户网点 | Branch | text | limit=100
    开户支行 支行 网点 开户行网点
card | 银行卡号 | Card number | card | limit=30 secret=card
    银行账号 卡号 银行卡 账号 银行帐号 帐号
consent_on | 授权核查签字日期 | Consent signed on | date | asked | 2024-11-05
    授权日期 核查授权日期 签字日期 授权书日期
remarks | 备注 | Remarks | text | limit=500
    说明 备注说明
"""))

MEMBERS = SheetSpec("members", "成员", "Members", _MEMBER_NAMES, _columns("""
serial | 户序号 | Household no. | text | limit=20 | 示例
    户编号 家庭序号 家庭编号
head_id | 户主身份证号 | Head's ID number | id | required secret=id_number
    户主身份证号码 户主身份证 户主身份号码 困难职工身份证号 职工身份证号
name | 姓名 | Name | name | required limit=60 | 李秀英
    成员姓名 家庭成员姓名 家庭成员
relation | 与户主关系 | Relation to the head | code | required codes=relation | 配偶
    关系 与职工关系 与本人关系 与困难职工关系
id_number | 身份证号 | ID number | id | required secret=id_number
    成员身份证号 成员身份证号码 身份证号码 身份证 公民身份号码 居民身份证号码
sex | 性别 | Sex | code | codes=sex | 男
    户主性别 成员性别
born_on | 出生日期 | Birth date | date | month_ok | 1978-05-12
    出生年月 出生年月日 生日
ethnic | 民族 | Ethnic group | code | codes=ethnic_group | 汉族
monthly_income | 月收入 | Monthly income | money | | 0
    收入 本人月收入 月平均收入 个人月收入
health | 健康状况 | Health | code | codes=health | 糖尿病
    健康状态 身体状况
disability_kind | 残疾类别 | Kind of disability | code | codes=disability_kind
    残疾类型 残疾种类
disability_level | 残疾等级 | Level of disability | code | codes=disability_level
    残疾级别
medical_insurance | 医疗保险 | Medical insurance | code | codes=insurance | 居民医保
    医保 医保状况 医保类型
status | 身份 | Status | code | codes=member_status | 无劳动能力
    成员身份 就业状况 就业状态 工作状态
education | 文化程度 | Education | code | codes=education | 初中
    学历 受教育程度
school_entered | 入学年份 | Year of entry | year |
    入学时间 入学年月 入学日期
school_years | 学制 | Length of study | count | limit=12
    学制年限 学制年
employer | 学校或工作单位 | School or employer | text | limit=120
    单位或学校 工作单位 学校 就读学校 单位
contract_term | 合同期限 | Contract term | text | limit=60
    劳动合同期限 合同
remarks | 备注 | Remarks | text | limit=500
    说明
"""))
# fmt: on

SHEETS: dict[str, SheetSpec] = {spec.key: spec for spec in (HOUSEHOLDS, MEMBERS)}
