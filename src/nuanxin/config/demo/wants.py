"""What some families need, and who does what about it by when. Data only, invented."""

from dataclasses import dataclass

DONE, CANNOT = "done", "cannot"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered so many days back, and what the union said to it: accept, reopen or nothing yet."""

    days: int
    result: str
    text: str
    then: str = ""


@dataclass(frozen=True, slots=True)
class Do:
    """A measure: planned with the need, due so many days back (below nothing: ahead).

    `who` is the place of the county's bureau in `tree.BUREAUX` from one, or 0 for the county's union.
    """

    what: str
    who: int
    due: int
    told: str = ""
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Want:
    """A need of the family at a place among those chosen, stated so many days back; met with an outcome."""

    family: int
    kind: str
    track: str
    days: int
    note: str
    do: tuple[Do, ...] = ()
    met: tuple[int, str] | None = None


MEILI = (
    Want(
        0, "medical", "outstanding", 96, "家人长期服药，门诊费用一直没有纳入慢性病报销。",
        (
            Do(
                "核对门诊慢特病待遇，符合条件的当场办理", 2, 66, "女，四十多岁，本县参保，长期服药。",
                Answer(78, DONE, "已登记门诊慢特病，自本月起按比例报销。", "accept"),
            ),
        ),
        (74, "门诊慢特病已登记，每月少支出约四百元。"),
    ),
    Want(
        0, "schooling", "general", 40, "女儿在读高中，住校生活费难以负担，盼望继续助学。",
        (Do("对接学校资助，代交下学年助学申请", 0, -20),),
    ),
    Want(
        0, "training", "general", 38, "户主想学叉车，拿到证后可以回厂里做仓管。",
        (Do("安排最近一期叉车司机培训班", 1, 16, "男，四十多岁，初中文化，会开农用车。"),),
    ),
    Want(
        1, "work", "sudden", 52, "家里刚没了一份工资，想在县城找一份离家近的工作。",
        (
            Do(
                "推荐两个县城岗位，并陪同面试", 1, 25, "女，三十多岁，高中文化，做过收银。",
                Answer(30, DONE, "已在超市上岗，签订一年劳动合同。", "accept"),
            ),
        ),
        (22, "已上岗，月工资二千六百元，转入稳定观察。"),
    ),
    Want(
        2, "legal", "sudden", 33, "被拖欠四个月工资，想申请法律援助。",
        (
            Do(
                "指派律师，代理追讨工资", 3, 5, "有考勤记录和工资欠条，用人单位在本县。",
                Answer(7, CANNOT, "用人单位已经注销，须先由劳动仲裁确认欠薪，再申请援助。"),
            ),
        ),
    ),
    Want(
        3, "work", "outstanding", 30, "户主失业八个月，身体尚好，愿意从头学起。",
        (
            Do(
                "纳入公益性岗位人选，办理就业困难人员认定", 1, 3, "男，四十六岁，小学文化，能做体力活。",
                Answer(6, DONE, "已认定为就业困难人员，安排在环卫岗位试用。"),
            ),
        ),
    ),
    Want(
        4, "training", "general", 28, "想参加家政培训，就近接单。",
        (
            Do(
                "安排家政服务培训，并推荐上门岗位", 1, -6, "女，三十九岁，初中文化，照顾过老人。",
                Answer(12, DONE, "已电话通知本人。", "reopen"),
            ),
        ),
    ),
    Want(
        5, "housing", "outstanding", 26, "租住的房屋漏雨，墙体开裂，想申请公租房。",
        (Do("查勘现住房屋，优先安排公租房轮候", 4, -12, "一家四口，有老人，现租房在老街。"),),
    ),
    Want(
        6, "counselling", "sudden", 18, "孩子休学在家，情绪低落，家长盼望有人疏导。",
        (
            Do(
                "请职工心理服务站上门谈一次", 0, 2, "",
                Answer(4, DONE, "心理咨询师已上门，约定每两周一次，共六次。"),
            ),
        ),
    ),
    Want(7, "living", "outstanding", 9, "两位老人需要照料，收入只够吃饭，入冬取暖有困难。"),
    Want(
        7, "work", "general", 9, "想找一份能兼顾照料老人的零工。",
        (Do("推荐钟点工或来料加工", 1, -18, "女，五十岁，小学文化，每天可工作四小时。"),),
    ),
)  # fmt: skip

LANCHUAN = (
    Want(
        0, "work", "outstanding", 45, "糖厂停榨后一直没有活干，想找长期岗位。",
        (Do("推荐物流园分拣岗位", 1, 12, "男，四十一岁，初中文化。"),),
    ),
    Want(
        1, "training", "general", 30, "想学电工，考一个低压电工证。",
        (
            Do(
                "安排低压电工培训", 1, 8, "男，三十三岁，高中文化。",
                Answer(10, DONE, "已报名下月开班的低压电工培训，免学费。"),
            ),
        ),
    ),
    Want(2, "medical", "sudden", 12, "家人突发重病住院，自付部分难以承担。"),
)  # fmt: skip
