from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare
from nuanxin.kernel.rls import unscoped
from nuanxin.kernel.rotation import keeps_sealed

SEE_HOUSEHOLD = declare("registry.household.see", _("查看家庭和人员"), "see")
EDIT_HOUSEHOLD = declare("registry.household.edit", _("维护家庭和人员"))
IMPORT_ROSTER = declare("registry.roster.import", _("导入花名册"))
REVEAL = declare("registry.identity.reveal", _("查看身份证号、银行卡号等敏感信息"))
EXPORT = declare("registry.household.export", _("导出名单"))
TRANSFER_HOUSEHOLD = declare("registry.household.transfer", _("办理家庭转入转出"))
MERGE = declare("registry.person.merge", _("合并重复人员"))
SEE_EMPLOYER = declare("registry.employer.see", _("查看用人单位"), "see")
EDIT_EMPLOYER = declare("registry.employer.edit", _("维护用人单位和会籍"))
#: Field groups: without one of these its fields are masked on every page, in every export and in the API.
SEE_FINANCE = declare("registry.finance.see", _("查看家庭收支"), "see")
SEE_HEALTH = declare("registry.health.see", _("查看健康信息"), "see")
SEE_CHILDREN = declare("registry.children.see", _("查看未成年人信息"), "see")
SEE_LOOKS = declare("registry.looks.see", _("查看敏感信息访问记录"), "see")

keeps_sealed("registry.Person", id_cipher="id_number", phone_cipher="phone", contact_cipher="phone")
keeps_sealed("registry.Household", card_cipher="card")
keeps_sealed(
    "registry.RosterRow",
    secrets="roster",
    id_cipher="id_number",
    phone_cipher="phone",
    contact_cipher="phone",
    card_cipher="card",
)

unscoped("registry.Division", "public data of the state: divisions and their codes")
