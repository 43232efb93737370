"""The tree of federations, the staff, their posts and roles."""

from typing import Any

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor, subtree


class NodeQuerySet(models.QuerySet["Node"]):
    def within(self, path: str) -> "NodeQuerySet":
        """The node at `path` and all below it."""
        low, high = subtree(path)
        return self.filter(path__gte=low, path__lt=high)

    def above(self, path: str) -> "NodeQuerySet":
        """The chain from the root down to the node at `path`, in that order."""
        parts = path.rstrip("/").split("/")
        return self.filter(path__in=["/".join(parts[: i + 1]) + "/" for i in range(len(parts))]).order_by(
            "path"
        )


class Node(models.Model):
    """A federation, a grassroots union or a partner beside the tree.

    `path` is the materialised path ("1/4/9/"), kept by a trigger; it is what rows point at and
    what row-level security compares.
    """

    class Kind(models.TextChoices):
        NATIONAL = "national", _("全国总工会")
        PROVINCE = "province", _("省总工会")
        PREFECTURE = "prefecture", _("州市总工会")
        COUNTY = "county", _("县级总工会")
        TOWNSHIP = "township", _("乡镇（街道）工会")
        GRASSROOTS = "grassroots", _("基层工会")
        INDUSTRY = "industry", _("产业工会")
        PARTNER = "partner", _("协作单位")

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.TextField(unique=True, editable=False, db_collation="C", default="")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    code = models.CharField(max_length=24, unique=True, verbose_name=_("代码"))
    name = models.CharField(max_length=80, verbose_name=_("名称"))
    short_name = models.CharField(max_length=20, verbose_name=_("简称"))
    name_en = models.CharField(max_length=120, blank=True)
    division = models.CharField(max_length=12, blank=True, verbose_name=_("行政区划代码"))
    supervision_phone = models.CharField(max_length=20, blank=True, verbose_name=_("监督电话"))
    active = models.BooleanField(default=True)

    objects = NodeQuerySet.as_manager()

    class Meta:
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=models.F("id")), name="node_not_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.local_name

    @property
    def local_name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name


class OrgField(models.ForeignKey):
    """The organisation a row belongs to: a foreign key to Node.path in the column org_path.

    The constraint itself is made by kernel.rls.bind_org, because it must follow a moved node.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.update(to="orgs.Node", to_field="path", on_delete=models.PROTECT, db_constraint=False)
        kwargs.setdefault("db_column", "org_path")
        kwargs.setdefault("related_name", "+")
        kwargs.setdefault("db_index", False)
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for key in ("to", "to_field", "on_delete", "db_constraint"):
            kwargs.pop(key, None)
        return name, path, args, kwargs


class Scoped(models.Model):
    """Base of every table with personal data or money: it carries its organisation."""

    org = OrgField(verbose_name=_("单位"))

    class Meta:
        abstract = True


class Role(models.Model):
    """A named set of permissions. `conflicts` names roles the same person may not hold with it."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=60)
    permissions = ArrayField(models.CharField(max_length=64), default=list)
    conflicts = ArrayField(models.CharField(max_length=32), default=list)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.local_name

    @property
    def local_name(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") else self.name


class StaffManager(BaseUserManager["Staff"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "Staff":
        staff = self.model(username=username, **fields)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff


class Staff(AbstractBaseUser):
    """A person who signs in. What they may do comes from their posts."""

    username = models.CharField(max_length=40, unique=True, verbose_name=_("账号"))
    name = models.CharField(max_length=40, verbose_name=_("姓名"))
    name_en = models.CharField(max_length=60, blank=True)
    is_active = models.BooleanField(default=True)
    joined = models.DateTimeField(auto_now_add=True)

    objects = StaffManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.local_name

    @property
    def local_name(self) -> str:
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name


class PostQuerySet(models.QuerySet["Post"]):
    def held_on(self, day: Any) -> "PostQuerySet":
        return self.filter(since__lte=day).filter(Q(until__isnull=True) | Q(until__gt=day))


class Post(models.Model):
    """A member of staff in a role at a node, for the half-open period [since, until)."""

    staff = models.ForeignKey(Staff, models.PROTECT, related_name="posts")
    node = models.ForeignKey(Node, models.PROTECT, related_name="posts")
    role = models.ForeignKey(Role, models.PROTECT, related_name="posts")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["staff", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "node", "role"], condition=Q(until__isnull=True), name="post_once"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=models.F("since")), name="post_period"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="post_conflicts",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM orgs_post p JOIN orgs_role mine ON mine.id = NEW.role_id
                        JOIN orgs_role theirs ON theirs.id = p.role_id
                        WHERE p.staff_id = NEW.staff_id AND p.id IS DISTINCT FROM NEW.id
                          AND daterange(p.since, p.until) && daterange(NEW.since, NEW.until)
                          AND (theirs.code = ANY(mine.conflicts) OR mine.code = ANY(theirs.conflicts))
                    ) THEN
                        RAISE EXCEPTION 'these roles may not be held by one person at the same time'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'post_conflicts';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.staff} · {self.role} · {self.node}"

    def actor(self) -> Actor:
        """The Actor this post acts as; needs staff, node and role loaded."""
        return Actor(
            org_path=self.node.path,
            org_id=self.node_id,
            staff_id=self.staff_id,
            post_id=self.pk,
            name=self.staff.name,
            permissions=frozenset(self.role.permissions),
        )
