"""Nothing leaks: every address of the project is tried with rows of another county, and without the
permissions that open finances, health and children.

The addresses are taken from the project itself. One that this module does not know how to fill fails
`test_every_address_is_known`: say in OTHERS (rows of a scope) or SHARED (rows open to all) what its key is.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from nuanxin.approvals import services as approvals
from nuanxin.approvals.models import Deputy, Kin
from nuanxin.kernel import scope
from nuanxin.kernel.actor import subtree, system
from nuanxin.kernel.identity import invent_id
from nuanxin.kernel.money import Money
from nuanxin.kernel.permissions import declared
from nuanxin.orgs.models import Node, Post
from nuanxin.registry.models import (
    Circumstance,
    Consent,
    Employer,
    Expense,
    Household,
    Likeness,
    Member,
    Membership,
    Person,
    Roster,
    RosterRow,
    Transfer,
)
from nuanxin.registry.permissions import SEE_CHILDREN, SEE_FINANCE, SEE_HEALTH
from tests.conftest import copy_template, demo_database
from tests.orgs import factories as orgs

#: The county that looks, and the one whose rows it must not see.
OURS, THEIRS = "539901", "539902"
#: What stands in every name, address and title of the other county.
MARK = "漏露"
#: Rows of a scope by the beginning of the address; the longest beginning counts.
OTHERS = {
    "records/jobs/<int:pk>": "records.JobRun",
    "records/attachments/<int:pk>": "records.Attachment",
    "registry/rosters/<int:pk>": "registry.Roster",
    "registry/households/<int:pk>": "registry.Household",
    "registry/^reveal/(?P<what>id|phone|contact|card)/(?P<pk>\\d+)": "registry.Person",
    "registry/doubles/<int:pk>": "registry.Likeness",
    "registry/employers/<int:pk>": "registry.Employer",
    "registry/unions/<int:pk>": "orgs.Node",
    "registry/members/<int:pk>": "registry.Membership",
    "registry/transfers/<int:pk>": "registry.Transfer",
    "registry/persons/<int:pk>": "registry.Person",
    "registry/rosters/columns/<int:pk>": "registry.ColumnMapping",
    "approvals/mine/deputy/<int:pk>": "approvals.Deputy",
    "approvals/mine/kin/<int:pk>": "approvals.Kin",
    "approvals/routes/<int:pk>": "approvals.Route",
    "policy/programme-proposals/<int:pk>": "policy.ProgrammeProposal",
    "policy/proposals/<int:pk>": "policy.PackProposal",
    "policy/changes/<int:pk>": "policy.StandardsChange",
    "casework/files/<int:pk>": "casework.File",
    "casework/visits/<int:pk>": "registry.Household",
    "casework/visits/made/<int:pk>": "casework.Visit",
    "casework/applications/<int:pk>": "casework.Application",
    "casework/applications/objections/<int:pk>": "casework.Objection",
    "casework/applications/assessments/<int:pk>": "casework.Assessment",
    "casework/applications/notices/<int:pk>": "casework.Notice",
    "casework/applications/act-first/<slug:code>/<int:pk>": "registry.Person",
    "casework/applications/exceptions/<int:pk>": "casework.Overruling",
    "casework/exits/<int:pk>": "casework.Exit",
    "casework/tapers/<int:pk>": "casework.Taper",
    "casework/needs/<int:pk>": "casework.Need",
    "casework/tasks/<int:pk>": "casework.Task",
    "casework/surveys/<int:pk>": "casework.Survey",
    "casework/surveyed/<int:pk>": "casework.Surveyed",
    "casework/pairs/<int:pk>": "casework.Pairing",
    "casework/watches/<int:pk>": "casework.Watch",
    "casework/households/<int:pk>": "registry.Household",
    "casework/aid/<int:pk>": "casework.AidList",
    "casework/aid/awards/<int:pk>": "casework.Award",
    "casework/aid/omissions/<int:pk>": "casework.Omission",
    "funds/transfers/<int:pk>": "ledger.Transfer",
    "payments/<int:pk>": "payments.Batch",
    "messages/<int:pk>": "messaging.Message",
    "messages/persons/<int:pk>": "registry.Person",
    "drives/<int:pk>": "campaigns.Drive",
    "drives/visits/<int:pk>": "campaigns.Recipient",
    "returns/<int:pk>": "reporting.Return",
    "reviews/<int:pk>": "reviews.Review",
    "reviews/differences/<int:pk>": "reviews.Difference",
    "simulation/<int:pk>": "simulation.Scenario",
    "simulation/runs/<int:pk>": "simulation.Run",
    "api/registry/households/<pk>": "registry.Household",
    "api/registry/rosters/<pk>": "registry.Roster",
    "api/registry/employers/<pk>": "registry.Employer",
    "api/registry/members/<pk>": "registry.Membership",
    "api/casework/applications/<pk>": "casework.Application",
    "api/casework/files/<pk>": "casework.File",
    "api/casework/assessments/<pk>": "casework.Assessment",
    "api/casework/aid-lists/<pk>": "casework.AidList",
    "api/casework/awards/<pk>": "casework.Award",
    "api/drives/<int:pk>": "campaigns.Drive",
    "api/drives/visits/<int:pk>": "campaigns.Recipient",
    "api/returns/<pk>": "reporting.Return",
    "api/reviews/<int:pk>": "reviews.Review",
    "api/simulation/runs/<pk>": "simulation.Run",
}
#: Rows everybody may open who may open the page at all.
SHARED = {
    "policy/packs/<int:pk>": "policy.Pack",
    "policy/standards/<int:pk>": "policy.Parameter",
    "funds/<int:pk>": "ledger.Fund",
}
#: Lists with rows of other places, which are public rules, or requests to us by others.
SHARED_LISTS = {apps.get_model("policy.Parameter"), apps.get_model("policy.Pack"), Transfer}
#: Values of parameters beside the key of a row; addresses that begin with one of these have no row.
BESIDE: dict[str, Any] = {
    "row": "registry.RosterRow", "document": "records.Attachment", "person": "registry.Person", "what": "id",
    "year": 2021, "name": "submit", "act": "submit", "action": "submit", "code": "raised",
    "base": "policy.Pack", "changed": "policy.Pack", "variant": 1, "programme": "filing",
    "key": "filing", "sha256": "0" * 64, "language": "zh", "position": 1,
}  # fmt: skip
#: Values for these addresses alone.
BESIDE_AT = {"casework/applications/act-first": {"code": "temporary-aid"}}
#: Without a key of ours in them.
LIBRARIES = ("accounts/", "i18n/", "favicon", "static", "media")
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern) and not route.startswith(LIBRARIES):
            yield route


ROUTES = sorted(set(routes(get_resolver())))
PLAIN = [route for route in ROUTES if not _PARAMETER.search(route)]
KEYED = [route for route in ROUTES if _PARAMETER.search(route)]


def begins(route: str, of: dict[str, str]) -> str:
    """The model by the longest known beginning of the address, or ""."""
    found = [start for start in of if route.startswith(start)]
    return of[max(found, key=len)] if found else ""


def parameters(route: str) -> list[str]:
    return [one or other for one, other in _PARAMETER.findall(route)]


def test_every_address_is_known():
    unknown = [
        route
        for route in KEYED
        if not (begins(route, OTHERS) or begins(route, SHARED) or "pk" not in parameters(route))
        or set(parameters(route)) - {"pk"} - set(BESIDE)
    ]
    assert not unknown, f"say in tests/house/test_leaks.py whose rows these addresses show: {unknown}"


class World:
    """The two counties of the demo, the other one marked, ours with facts that are told apart."""

    def __init__(self) -> None:
        with scope.acting(system()):
            self.ours = Node.objects.get(code=OURS)
            self.theirs = Node.objects.get(code=THEIRS)
            self.personal: dict[Any, Any] = {}
            self._mark_theirs()
            self.home = self._tell_ours()
            everything = sorted(declared())
            groups = {SEE_FINANCE, SEE_HEALTH, SEE_CHILDREN}
            self.all_seeing = orgs.post(self.ours, *everything).staff
            self.group_blind = orgs.post(self.ours, *sorted(set(everything) - groups)).staff
            held, other = orgs.post(self.theirs), orgs.post(self.theirs)
        with scope.acting(held.actor()):
            self.personal = _personal(held, other)

    def theirs_of(self, model: Any) -> Any:
        """A row of the other county, or None."""
        if model in self.personal:
            return self.personal[model]
        if model is Node:
            return Node.objects.filter(path__startswith=self.theirs.path, kind="grassroots").first()
        low, high = subtree(self.theirs.path)
        paths = ("org",) if hasattr(model, "org") else ("debit_org", "credit_org")
        inside = {f"{path}_id__gte": low for path in paths} | {f"{path}_id__lt": high for path in paths}
        return model.objects.filter(**inside).order_by("-pk").first()

    def ours_of(self, model: Any) -> Any:
        """A row of our county; of a household or its people the one whose facts are told apart."""
        known = {Household: self.home, Person: self.home.head}
        low, high = subtree(self.ours.path)
        if model in known:
            return known[model]
        if model in self.personal:
            return None
        if not hasattr(model, "org"):
            return model.objects.order_by("pk").first()
        rows = model.objects.filter(org_id__gte=low, org_id__lt=high)
        if any(field.name == "household" for field in model._meta.fields):
            rows = sorted(rows, key=lambda row: row.household_id != self.home.pk)
            return rows[0] if rows else None
        return rows.order_by("-pk").first()

    def _mark_theirs(self) -> None:
        low, high = subtree(self.theirs.path)
        for label, column in {
            "registry.Person": "name", "registry.Household": "address", "registry.Roster": "name",
            "payments.Due": "payee", "campaigns.Recipient": "name", "campaigns.Drive": "name",
            "records.Attachment": "name", "casework.AidList": "title",
        }.items():  # fmt: skip
            model = apps.get_model(label)
            longest = model._meta.get_field(column).max_length - len(MARK)
            rows = model.objects.filter(org_id__gte=low, org_id__lt=high)
            cut = rows.annotate(_cut=F(column)) if longest < 1 else rows
            cut.update(**{column: Concat(Value(MARK), F(column))})
        self._add_rare(self.theirs_of(Household))

    def _add_rare(self, house: Household) -> None:
        """Rows the demo has none of."""
        org, head = house.org_id, house.head
        other = Person.objects.filter(org_id=org).exclude(pk=head.pk).first() or head
        pair = sorted((head.pk, other.pk))
        made = [
            (Employer, {"name": f"{MARK}厂"}),
            (Membership, {"person": head, "form": "employed", "joined_on": "2020-01-01"}),
            (Likeness, {"left_id": pair[0], "right_id": pair[1], "rule": "x", "weight": 1.0}),
            (Transfer, {"other_id": org, "kind": "ask", "person": head, "target_id": org, "name": MARK}),
            (Consent, {"household": house, "person": head, "kind": "check", "given_on": "2021-01-01"}),
            (Circumstance, {"household": house, "fact": "homes", "value": 1, "since": "2020-01-01"}),
            (Roster, {"name": MARK, "sha256": "", "staff": orgs.staff(), "year": 2021}),
        ]
        for model, fields in made:
            if self.theirs_of(model) is None:
                model.objects.create(org_id=org, **fields)
        self._add_care(org)
        roster = self.theirs_of(Roster)
        if not roster.rows.exists():
            RosterRow.objects.create(
                org_id=roster.org_id, roster=roster, upload=roster.upload, sheet="members", row_no=9,
                values={"name": MARK},
            )  # fmt: skip

    def _add_care(self, org: str) -> None:
        """A need, its task and a pair of one of their files."""
        file = self.theirs_of(apps.get_model("casework.File"))
        whose = {"org_id": file.org_id, "staff": orgs.staff()}
        day = "2021-01-01"
        need = apps.get_model("casework.Need").objects.create(
            file=file, kind="legal", track="general", note=MARK, found_on=day, **whose
        )
        apps.get_model("casework.Task").objects.create(
            need=need, kind="legal", what=MARK, told=MARK, due_on=day, maker=orgs.staff(), **whose
        )
        apps.get_model("casework.Pairing").objects.create(file=file, unit_id=org, since=day, **whose)

    def _tell_ours(self) -> Household:
        """One of our households gets facts no page has by accident."""
        low, high = subtree(self.ours.path)
        file = apps.get_model("casework.File").objects.filter(org_id__gte=low, org_id__lt=high).first()
        house = Household.objects.select_related("head").get(pk=file.household_id)
        Household.objects.filter(pk=house.pk).update(
            annual_income=Money.yuan("7654321.09"), other_income=Money.yuan("6543217.08"),
            loss=Money.yuan("5432176.07"), bank="隐秘银行",
        )  # fmt: skip
        Person.objects.filter(pk=house.head_id).update(
            monthly_income=Money.yuan("4321765.06"), health="coma", disability_kind="speech"
        )
        Expense.objects.filter(household=house).delete()
        Expense.objects.create(
            org_id=house.org_id, household=house, kind="schooling", amount=Money.yuan("3217654.05"), year=2021
        )
        child = Person.objects.filter(memberships__household=house, born_on__gte="2012-01-01").first()
        if child is None:
            child = Person.objects.exclude(pk=house.head_id).filter(memberships__household=house).first()
        if child is None:
            child = Person.objects.filter(org_id=house.org_id).exclude(pk=house.head_id).first()
            Member.objects.filter(person=child).update(household=house)
        Person.objects.filter(pk=child.pk).update(
            name="钱隐童名", born_on="2019-03-07", school="隐秘小学", id_mask="539901********777X"
        )
        return Household.objects.select_related("head").get(pk=house.pk)


#: What no page may show without the permissions of the field groups, however it writes it.
CLOSED = (
    "7,654,321.09", "7654321.09", "6,543,217.08", "6543217.08", "5,432,176.07", "5432176.07", "4,321,765.06",
    "4321765.06", "3,217,654.05", "3217654.05", "765432109", "隐秘银行", "钱隐童名", "2019-03-07", "隐秘小学",
    "539901********777X",
)  # fmt: skip


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock():
        copy_template(demo_database()[0])
        try:
            yield World()
        finally:
            copy_template()


@pytest.fixture
def unblocked(django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


def signed_in(staff: Any) -> Client:
    client = Client()
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(answer: Any) -> str:
    """All text of an answer, also of a workbook."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return body.decode("utf-8", "replace")


def _personal(held: Post, other: Post) -> dict[Any, Any]:
    """Rows that belong to a member of staff, not to a place."""
    kin = approvals.declare_kin(relation="self", id_number=invent_id("533422", date(1980, 5, 17), 7))
    today = timezone.localdate()
    deputy = approvals.name_deputy(post=held, staff=other.staff, since=today, until=today + timedelta(days=9))
    return {Kin: kin, Deputy: deputy}


def filled(route: str, row: Any, beside: dict[str, Any]) -> str:
    """The address with the row's key and the values of what stands beside it."""
    known = BESIDE | next((own for start, own in BESIDE_AT.items() if route.startswith(start)), {})

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        found = row.pk if name == "pk" else beside.get(name, known[name])
        return str(found)

    return "/" + _PARAMETER.sub(value, route).replace("^", "").replace("$", "").replace("\\", "")


def beside_of(world: World, pick: Any) -> dict[str, Any]:
    """Keys of rows that stand beside the first one in an address."""
    found = {}
    for name, kind in BESIDE.items():
        if isinstance(kind, str) and "." in kind:
            row = pick(apps.get_model(kind)) if hasattr(apps.get_model(kind), "org") else None
            found[name] = row.pk if row else 1
    return found


def own_rows(world: World, answer: Any) -> int | None:
    """How many rows of our county the list's query finds without row-level security's help."""
    view = answer.context.get("view") if getattr(answer, "context", None) else None
    rows = getattr(view, "rows", None)
    if rows is None or rows.model in SHARED_LISTS or not hasattr(rows.model, "org"):
        return None
    low, high = subtree(world.ours.path)
    with scope.acting(system()):
        return rows.all().filter(org_id__gte=low, org_id__lt=high).count()


@pytest.mark.usefixtures("unblocked")
class TestAnotherCounty:
    """As somebody of our county with every permission."""

    @pytest.mark.parametrize("route", [r for r in KEYED if begins(r, OTHERS)])
    def test_its_rows_are_not_there(self, world: World, route: str):
        model = apps.get_model(begins(route, OTHERS))
        with scope.acting(system()):
            row = world.theirs_of(model)
            beside = beside_of(world, world.theirs_of)
        if row is None:
            pytest.skip(f"the demo has no {model.__name__} in the other county")
        client, where = signed_in(world.all_seeing), filled(route, row, beside)
        answer = client.get(where)
        if answer.status_code == 405:  # an act: it must not find the row either, where it checks it last
            json = {"data": {}, "content_type": "application/json"} if "api/" in where else {}
            file = SimpleUploadedFile("x.xlsx", b"PK")
            answer = client.post(where, **(json or {"data": {"kind": "csv", "file": file}}), follow=True)
        known = {404, 422} if where.startswith("/api/") else {404}
        assert answer.status_code in known, f"{where} answers {answer.status_code}"
        assert MARK not in words(answer)

    @pytest.mark.parametrize("route", [r for r in PLAIN if r not in {"api/docs"}])
    def test_no_list_search_or_export_shows_it(self, world: World, route: str):
        client = signed_in(world.all_seeing)
        for query in ({}, {"export": "xlsx"}, {"q": MARK}, {"page": 2}, {"limit": 200}):
            answer = client.get("/" + route.replace("^", "").replace("$", ""), query, follow=True)
            assert answer.status_code < 500, f"{route} with {query}"
            shown = words(answer)
            if "q" not in query:
                assert MARK not in shown, f"{route} with {query} shows the other county"
            elif (own := own_rows(world, answer)) is not None:
                assert answer.context["total"].number == own, f"{route} finds the other county's rows"

    @pytest.mark.parametrize("route", PLAIN)
    def test_counts_are_our_own(self, world: World, route: str):
        answer = signed_in(world.all_seeing).get("/" + route, {"clear": 1})
        own = own_rows(world, answer)
        assert own is None or answer.context["total"].number == own


@pytest.mark.usefixtures("unblocked")
class TestFieldGroups:
    """As somebody of our county who may do everything but see finances, health and children."""

    def opened(self, world: World, route: str) -> str | None:
        """What the address shows of our own rows; None when it shows nothing."""
        model = begins(route, OTHERS) or begins(route, SHARED)
        with scope.acting(system()):
            row = world.ours_of(apps.get_model(model)) if model else world.home
            beside = beside_of(world, world.ours_of)
        if row is None:
            return None
        where = filled(route, row, beside)
        answer = signed_in(world.group_blind).get(where, {"on": "2026-11-20"} if "as-of" in where else {})
        assert answer.status_code < 500, where
        return words(answer) if answer.status_code == 200 else None

    @pytest.mark.parametrize("route", KEYED)
    def test_pages_of_a_row(self, world: World, route: str):
        text = self.opened(world, route) or ""
        assert not [value for value in CLOSED if value in text], f"{route} shows what is closed"

    @pytest.mark.parametrize("route", [r for r in PLAIN if r not in {"api/docs"}])
    def test_lists_searches_and_exports(self, world: World, route: str):
        client = signed_in(world.group_blind)
        for query in ({}, {"export": "xlsx"}, {"q": world.home.head.name}, {"sort": "annual_income"}):
            text = words(client.get("/" + route, query, follow=True))
            assert not [value for value in CLOSED if value in text], f"{route} with {query}"

    def test_who_may_see_sees(self, world: World):
        """The values are there for those who may: the tests above look for something."""
        text = words(signed_in(world.all_seeing).get(f"/registry/households/{world.home.pk}/"))
        for value in ("7,654,321.09", "4,321,765.06", "3,217,654.05", "隐秘银行", "钱隐童名"):
            assert value in text

    def test_no_sorting_by_what_is_closed(self, world: World):
        orders = []
        for sort in ("annual_income", "-annual_income"):
            answer = signed_in(world.group_blind).get("/registry/households/", {"sort": sort})
            assert "annual_income" not in answer.context["table"].columns.names()
            orders.append([row.record.pk for row in answer.context["table"].page.object_list])
        assert orders[0] == orders[1]
        sorted_ = signed_in(world.all_seeing).get("/registry/households/", {"sort": "-annual_income"})
        assert sorted_.context["table"].page.object_list[0].record.pk == world.home.pk

    def test_the_api_gives_no_facts(self, world: World):
        with scope.acting(system()):
            row = apps.get_model("casework.Assessment").objects.filter(household=world.home).first()
        told = signed_in(world.group_blind).get(f"/api/casework/assessments/{row.pk}").json()
        assert told["facts"]["annual_income"] is None and told["monthly_per_head"] is None
        assert told["result"] == row.result
        whole = signed_in(world.all_seeing).get(f"/api/casework/assessments/{row.pk}").json()
        assert whole["facts"]["annual_income"] == row.facts["annual_income"]
