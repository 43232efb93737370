"""`manage.py settle`: bring the installation's own data (roles, routes, packs, programmes, divisions) up.

Checklists of home visits are read from their files; they are checked here, so that a fault is told at start.
"""

from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from nuanxin.approvals import services as approvals
from nuanxin.approvals.routefile import RouteFileError
from nuanxin.casework import queries as casework
from nuanxin.kernel.permissions import declared
from nuanxin.orgs.models import Role
from nuanxin.policy import services as policy
from nuanxin.registry import services as registry

ROLES = Path(__file__).resolve().parents[2] / "staff_roles.yaml"


class Command(BaseCommand):
    help = "Updates the standard roles, loads routes, packs, programmes and divisions; safe to repeat."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        known = set(declared())
        for code, role in yaml.safe_load(ROLES.read_text(encoding="utf-8")).items():
            unknown = set(role["permissions"]) - known
            if unknown:
                raise CommandError(f"role {code} names unknown permissions: {', '.join(sorted(unknown))}")
            Role.objects.update_or_create(code=code, defaults=role)
        try:
            approvals.load_routes()
        except RouteFileError as error:
            raise CommandError(str(error)) from error
        policy.load_packs()
        policy.load_programmes()
        casework.checklists()
        registry.load_divisions()
