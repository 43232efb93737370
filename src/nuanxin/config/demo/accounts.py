"""Who may sign in to the demo. Data only: it is read before Django is set up."""

from dataclasses import dataclass

PASSWORD = "nuanxin-demo"


@dataclass(frozen=True, slots=True)
class Account:
    """A demo account: its person, role (a key of staff_roles.yaml) and node (by code)."""

    username: str
    name: str
    name_en: str
    role: str
    node: str
    does: str
    listed: bool = True


ACCOUNTS = (
    Account(
        "officer", "李雪梅", "Li Xuemei", "grassroots_officer", "539901-01", "基层经办 · 梅里县化肥厂工会"
    ),
    Account(
        "grassroots", "何秀兰", "He Xiulan", "grassroots_reviewer", "539901-01", "基层审核 · 梅里县化肥厂工会"
    ),
    Account("reviewer", "和卓玛", "He Zhuoma", "reviewer", "539901", "县级审核 · 梅里县总工会"),
    Account("decider", "木云峰", "Mu Yunfeng", "decider", "539901", "县级审批 · 梅里县总工会"),
    Account("head", "杨国栋", "Yang Guodong", "decider", "539901", "帮扶中心主任 · 梅里县总工会"),
    Account("leader", "邓玉华", "Deng Yuhua", "leader", "539901", "结对领导 · 梅里县总工会"),
    Account(
        "department",
        "施明辉",
        "Shi Minghui",
        "department_officer",
        "539901-b1",
        "协作单位经办 · 梅里县人社局",
    ),
    Account("cashier", "段晓岚", "Duan Xiaolan", "cashier", "539901", "县级出纳 · 梅里县总工会"),
    Account("prefecture", "罗志远", "Luo Zhiyuan", "prefecture_officer", "539900", "州级经办 · 雪山州总工会"),
    Account("prefecture2", "普建明", "Pu Jianming", "decider", "539900", "州级审批 · 雪山州总工会"),
    Account("province", "沈静怡", "Shen Jingyi", "province_officer", "5399", "省级经办 · 云岭省总工会"),
    Account("province2", "周明德", "Zhou Mingde", "policy_decider", "5399", "省级政策审批 · 云岭省总工会"),
    Account("province3", "方晓晨", "Fang Xiaochen", "decider", "5399", "省级审批 · 云岭省总工会"),
    Account("national", "林致远", "Lin Zhiyuan", "decider", "00", "全国审批 · 全国总工会（演示）"),
    Account("auditor", "石秉正", "Shi Bingzheng", "auditor", "539900", "经审 · 雪山州总工会"),
    Account(
        "dpo",
        "苏静文",
        "Su Jingwen",
        "data_protection_officer",
        "539900",
        "个人信息保护 · 雪山州总工会",
    ),
    Account(
        "officer2", "杨春燕", "Yang Chunyan", "grassroots_officer", "539902-01", "基层经办 · 澜川糖厂工会"
    ),
    Account("reviewer2", "赵文博", "Zhao Wenbo", "reviewer", "539902", "县级审核 · 澜川县总工会"),
    Account("decider2", "高玉兰", "Gao Yulan", "decider", "539902", "县级审批 · 澜川县总工会"),
    Account(
        "head2", "吴建军", "Wu Jianjun", "decider", "539902", "帮扶中心主任 · 澜川县总工会", listed=False
    ),
    Account("bureau", "郭慧芳", "Guo Huifang", "department_officer", "539901-b2", "梅里县医保局", False),
    Account("bureau2", "范立新", "Fan Lixin", "department_officer", "539902-b1", "澜川县人社局", False),
    Account("justice", "申正平", "Shen Zhengping", "department_officer", "539901-b3", "梅里县司法局", False),
    Account("cashier2", "钱思源", "Qian Siyuan", "cashier", "539902", "县级出纳 · 澜川县总工会"),
    Account("reviewer3", "白晓松", "Bai Xiaosong", "reviewer", "539903", "县级审核 · 松岩县总工会", False),
    Account("decider3", "孔令岳", "Kong Lingyue", "decider", "539903", "县级审批 · 松岩县总工会", False),
    Account("cashier3", "韦秋萍", "Wei Qiuping", "cashier", "539903", "县级出纳 · 松岩县总工会", False),
)


def demo_accounts_text() -> str:
    """The accounts as the command line shows them."""
    rows = [f"    {account.username:<12}{account.does}" for account in ACCOUNTS if account.listed]
    return "\n".join([f"  演示账号 Demo accounts (密码 password: {PASSWORD})", *rows, ""])
