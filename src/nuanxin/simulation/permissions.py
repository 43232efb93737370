from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare

RUN = declare("simulation.run", _("政策测算"))
