"""The people who act in the demo: the accounts, and an officer at each union who does not sign in."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.utils import timezone

from nuanxin.approvals import services as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.pinyin import pinyin_key
from nuanxin.orgs.models import Node, Post, Role, Staff

from . import names
from .accounts import ACCOUNTS, PASSWORD


class Cast:
    """Posts by account name, and by the path of the union or bureau whose officer it is."""

    def __init__(self, nodes: dict[str, Node], since: date, rng: random.Random) -> None:
        self.nodes = nodes
        self._roles = {role.code: role for role in Role.objects.all()}
        self._since = since
        self._posts: dict[str, Post] = {}
        self._officers: dict[str, Post] = {}
        for account in ACCOUNTS:
            staff = Staff(username=account.username, name=account.name, name_en=account.name_en)
            if account.listed:
                staff.set_password(PASSWORD)
            self._posts[account.username] = self._employ(staff, account.role, nodes[account.node])
        for node in nodes.values():
            if node.kind == Node.Kind.GRASSROOTS and node.path not in self._officers:
                name = names.person(rng, rng.choice((names.MAN, names.WOMAN)))[0]
                staff = Staff(username=f"union-{node.code}", name=name, name_en=pinyin_key(name).title())
                self._employ(staff, "grassroots_officer", node)

    def _employ(self, staff: Staff, role: str, node: Node) -> Post:
        if not staff.password:
            staff.set_unusable_password()
        staff.save()
        post = Post.objects.create(staff=staff, node=node, role=self._roles[role], since=self._since)
        if role in ("grassroots_officer", "department_officer"):
            self._officers[node.path] = post
        return post

    @contextmanager
    def acting(self, who: str) -> Iterator[Actor]:
        """Act as an account, or as the officer of the union or bureau at a path."""
        post = self._posts[who] if who in self._posts else self._officers[who]
        with scope.acting(post.actor()) as actor:
            yield actor

    def stand_in(self, who: str, deputy: str, days: int, reason: str) -> None:
        """From today on an account's post is held by another one's person as well, for so many days."""
        post, today = self._posts[who], timezone.localdate()
        with scope.acting(post.actor()):
            approvals.name_deputy(
                post=post,
                staff=self._posts[deputy].staff,
                since=today,
                until=today + timedelta(days=days),
                reason=reason,
            )

    def node(self, who: str) -> Node:
        """Where an account's post is."""
        return self._posts[who].node
