from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare
from nuanxin.kernel.rls import unscoped

SEE_ORGS = declare("orgs.node.see", _("查看组织和岗位"), "see")
MANAGE_ORGS = declare("orgs.node.manage", _("维护组织和岗位"))

unscoped(
    "orgs.Node", "The tree is public structure; it holds no personal data and scope itself is read from it."
)
unscoped("orgs.Role", "Roles are configuration without personal data.")
unscoped(
    "orgs.Staff",
    "Sign-in must find the account before any actor exists; it holds a name and a password hash.",
)
unscoped("orgs.Post", "Posts are read to make the actor; they name staff, not the people helped.")
