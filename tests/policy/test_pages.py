"""Each page and operation: opened with the permission, refused without, not there for another county."""

import re
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.kernel.worklist import collect
from nuanxin.policy import permissions, services
from nuanxin.policy.models import Pack, PackProposal, Parameter, StandardsChange
from tests.orgs import factories as orgs

from . import factories as make

pytestmark = pytest.mark.django_db
PROPOSE, ACTIVATE = permissions.PROPOSE_PACK, permissions.ACTIVATE_PACK
SUGGEST, SET = permissions.PROPOSE_STANDARD, permissions.SET_STANDARD
HEADING = {
    "code": "dibao", "document": "关于公布低保标准的通知", "document_date": "2024-12-20",
    "valid_from": "2025-01-01",
}  # fmt: skip

#: Pages about one thing of a federation, with who may open them, and in which states of it.
OF_PROPOSALS = {
    "proposal": (PROPOSE, ACTIVATE),
    "edit_proposal": (PROPOSE,),
    "proposal_text": (PROPOSE, ACTIVATE),
}
OF_CHANGES = {
    "change": (SUGGEST, SET),
    "edit_change": (SUGGEST,),
    "change_entries": (SUGGEST,),
    "change_template": (SUGGEST,),
}
LISTS = {
    "proposals": (PROPOSE, ACTIVATE),
    "new_proposal": (PROPOSE,),
    "changes": (SUGGEST, SET),
    "new_change": (SUGGEST,),
}
FOR_ALL = ("packs", "models", "standards")


@pytest.fixture
def at() -> make.Home:
    home = make.home()
    make.lines(make.line(home.node, 620), make.line(home.node, 480, "rural"))
    return home


@pytest.fixture
def packs() -> None:
    with scope.acting(system()):
        services.load_packs()


def as_post(client: Client, post: Any, language: str = "zh-hans") -> Client:
    client.force_login(post.staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def url(name: str, *args: Any) -> str:
    return reverse(f"policy:{name}", args=args)


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.mark.parametrize("name", LISTS)
def test_lists_and_forms(client: Client, name: str, at: make.Home):
    for code in LISTS[name]:
        assert as_post(client, orgs.post(at.node, code)).get(url(name)).status_code == 200
    other = set(sum(LISTS.values(), ())) - set(LISTS[name])
    assert as_post(client, orgs.post(at.node, *other)).get(url(name)).status_code == 403


@pytest.mark.parametrize("name", [*OF_PROPOSALS, *OF_CHANGES])
def test_pages_of_one_thing(client: Client, name: str, at: make.Home):
    pages = OF_PROPOSALS | OF_CHANGES
    row = make.draft(at) if name in OF_PROPOSALS else make.change(at, make.entry(at.node, 650))
    for code in pages[name]:
        assert as_post(client, orgs.post(at.node, code)).get(url(name, row.pk)).status_code == 200
        assert as_post(client, orgs.post(orgs.node(), code)).get(url(name, row.pk)).status_code == 404
    other = {PROPOSE, ACTIVATE, SUGGEST, SET} - set(pages[name])
    assert as_post(client, orgs.post(at.node, *other)).get(url(name, row.pk)).status_code == 403


@pytest.mark.parametrize("name", FOR_ALL)
def test_what_is_in_force_is_open_to_everyone(client: Client, name: str, at: make.Home, packs: None):
    assert as_post(client, orgs.post(at.node)).get(url(name)).status_code == 200


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ("困难职工建档标准（三类）", "不予认定的情形", "依次认定", "示例情形", "除另有说明外")),
        ("en", ("Filing standard in three classes", "What excludes", "Unless said otherwise", "Condition")),
    ],
)
def test_an_official_reads_a_pack(
    client: Client, language: str, words: tuple[str, ...], at: make.Home, packs: None
):
    as_post(client, orgs.post(at.node), language)
    stored = Pack.objects.get(code="filing.three-class")
    assert words[0] in text_of(client.get(url("packs")))
    page = text_of(client.get(url("pack", stored.pk)))
    assert all(word in page for word in words)
    file = client.get(url("pack_text", stored.pk))
    assert file.content.decode() == stored.text and file["Content-Disposition"].endswith('.yaml"')
    assert client.get(url("pack", 0)).status_code == 404


def test_every_delivered_pack_and_model_can_be_read(client: Client, at: make.Home, packs: None):
    as_post(client, orgs.post(at.node))
    listed = set(re.findall(r'href="(/policy/models/[^"?]+/)"', client.get(url("models")).content.decode()))
    files = [*settings.PACKS.glob("*.yaml"), *settings.PACKS.glob("library/**/*.yaml")]
    assert len(listed) == len(files)
    for address in sorted(listed):
        assert client.get(address).status_code == 200, address
    assert client.get("/policy/models/library/../settings/").status_code == 404


# packs


def test_a_pack_from_model_to_force(client: Client, at: make.Home, packs: None):
    as_post(client, at.proposer)
    page = client.get(url("new_proposal") + "?model=living-aid").content.decode()
    assert f"place: {at.node.code}" in page and f"pack: living-aid.months.{at.node.code.lower()}" in page
    own = make.text(at.node)
    answer = client.post(
        url("new_proposal"), {"text": own.replace("annual_income / people", "annual / people")}
    )
    with at.acting("proposer"):
        row = PackProposal.objects.get()
    assert answer.url == url("proposal", row.pk)
    line = own[: own.index("annual_income / people")].count("\n") + 1
    page = client.get(url("proposal", row.pk)).content.decode()
    assert f'href="#L{line}"' in page and f'id="L{line}"' in page and "code-bad" in page
    assert url("proposal_act", row.pk, "submit") not in page
    page = client.get(url("edit_proposal", row.pk)).content.decode()
    assert f'data-line="{line}"' in page and "annual / people" in page
    client.post(url("edit_proposal", row.pk), {"text": own})
    page = client.get(url("proposal", row.pk)).content.decode()
    assert url("proposal_act", row.pk, "submit") in page and "每人五百元" in page
    client.post(url("proposal_act", row.pk, "submit"))
    as_post(client, at.decider)
    assert url("proposal_act", row.pk, "activate") in client.get(url("proposal", row.pk)).content.decode()
    client.post(url("proposal_act", row.pk, "activate"))
    stored = Pack.objects.get(proposal=row)
    assert client.get(url("pack", stored.pk)).status_code == 200
    assert str(at.decider.staff) in text_of(client.get(url("pack", stored.pk)))


def test_what_is_typed_is_kept_and_a_file_is_read(client: Client, at: make.Home):
    as_post(client, at.proposer)
    assert client.post(url("new_proposal"), {"text": ""}).status_code == 422
    binary = SimpleUploadedFile("a.yaml", b"\xff\xfe\x00")
    answer = client.post(url("new_proposal"), {"text": "pack: typed", "file": binary})
    assert answer.status_code == 422 and "pack: typed" in answer.content.decode()
    large = SimpleUploadedFile("a.yaml", b"x" * 1_000_001)
    assert client.post(url("new_proposal"), {"text": "", "file": large}).status_code == 422
    body = SimpleUploadedFile("a.yaml", "\ufeff# 文件\npack: x".encode())
    client.post(url("new_proposal"), {"text": "", "file": body})
    with at.acting("proposer"):
        assert PackProposal.objects.get().text == "# 文件\npack: x"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh-hans",
            ("与现行规定的不同", "<del>6,000.00</del>", "<ins>7,000.00</ins>", "人均上限", "注意：两口之家"),
        ),
        (
            "en",
            ("What changes", "<del>6,000.00</del>", "<ins>7,000.00</ins>", "limit a head", "a larger family"),
        ),
    ],
)
def test_the_second_person_sees_what_changes(
    client: Client, language: str, words: tuple[str, ...], at: make.Home
):
    make.proposal(at, "in_force")
    more = "\n  - title: {zh: 注意：两口之家, en: a larger family}\n"
    more += "    given: {people: 3, annual_income: 9000}\n"
    more += "    expect: {result: grant, benefits: {aid: 1500}}\n"
    new = make.text(at.node, version=2, limit=7000, start="2026-01-01").rstrip() + more
    row = make.draft(at, of=new)
    with at.acting("proposer"):
        services.submit_proposal(proposal=row)
    page = text_of(as_post(client, at.decider, language).get(url("proposal", row.pk)))
    assert [word for word in words if word not in page] == []


def test_what_stands_in_the_way_is_said_before_submitting(client: Client, at: make.Home):
    make.proposal(at, "in_force")
    row = make.draft(at, code="aid.rival")
    page = text_of(as_post(client, at.proposer).get(url("proposal", row.pk)))
    assert "还不能启用" in page and url("proposal_act", row.pk, "submit") not in page
    client.post(url("proposal_act", row.pk, "submit"))
    assert "作为它的新版本提交" in text_of(client.get(url("proposal", row.pk)))


def test_a_pack_is_returned_with_a_reason(client: Client, at: make.Home):
    row = make.submitted(at)
    as_post(client, at.decider)
    client.post(url("return_proposal", row.pk), {"reason": ""})
    assert "请写明退回理由" in text_of(client.get(url("proposal", row.pk)))
    client.post(url("return_proposal", row.pk), {"reason": "倍数请核对"})
    page = text_of(as_post(client, at.proposer).get(url("proposal", row.pk)))
    assert "倍数请核对" in page and url("edit_proposal", row.pk) in page
    assert client.post(url("proposal_act", row.pk, "delete")).status_code == 404
    assert client.post(url("return_proposal", row.pk), {"reason": "x"}).status_code == 403


def test_acts_of_others_are_out_of_sight(client: Client, at: make.Home):
    proposal, change = make.submitted(at), make.changed(at, "submitted", make.entry(at.node, 650))
    as_post(client, orgs.post(orgs.node(), PROPOSE, ACTIVATE, SUGGEST, SET))
    for name, pk in (("proposal_act", proposal.pk), ("change_act", change.pk)):
        for act in ("submit", "activate", "withdraw"):
            assert client.post(url(name, pk, act)).status_code == 404
    for name, pk in (("return_proposal", proposal.pk), ("return_change", change.pk)):
        assert client.post(url(name, pk), {"reason": "x"}).status_code == 404


# standards


def test_standards_by_day_year_code_and_place(client: Client, at: make.Home):
    make.changed(at, "in_force", make.entry(at.node, "650.50"))
    as_post(client, orgs.post(at.node))
    at_day = lambda query: text_of(client.get(url("standards") + query))  # noqa: E731
    assert "650.50" in at_day("") and "620.00" not in at_day("")
    assert "620.00" in at_day("?day=2024-06-01") and "650.50" not in at_day("?day=2024-06-01")
    assert "620.00" in at_day("?year=2024") and "650.50" in at_day("?year=2025")
    assert "650.50" in at_day(f"?code=dibao&q={at.node.code}") and "650.50" not in at_day("?q=nowhere")
    assert "650.50" not in at_day("?residence=rural") and "480.00" in at_day("?residence=rural")
    as_post(client, orgs.post(orgs.node()))
    assert "650.50" not in at_day("")
    assert client.get(url("standards") + "?export=xlsx").status_code == 200


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "已更正"), ("en", "Corrected")])
def test_the_history_of_a_place(client: Client, language: str, words: str, at: make.Home):
    make.changed(at, "in_force", make.entry(at.node, 560))
    make.changed(at, "in_force", make.entry(at.node, 650), correction=True)
    row = Parameter.objects.get(org=at.node, amount=Money.yuan(620))
    page = text_of(as_post(client, orgs.post(at.node), language).get(url("standard", row.pk)))
    assert words in page and "<polyline" in page and "<del>560.00" in page
    assert str(at.decider.staff.local_name) in page
    assert client.get(url("standard", 0)).status_code == 404


def test_a_change_by_hand_from_heading_to_force(client: Client, at: make.Home):
    as_post(client, at.proposer)
    assert client.post(url("new_change"), HEADING | {"valid_to": "2024-01-01"}).status_code == 422
    answer = client.post(url("new_change"), HEADING)
    with at.acting("proposer"):
        row = StandardsChange.objects.get()
    assert answer.url == url("change_entries", row.pk)
    page = client.get(answer.url).content.decode()
    assert page.count(f'name="place" value="{at.node.code}"') == 2 and "620.00" in page
    typed = {
        "row": ["", ""], "place": [at.node.code] * 2, "residence": ["urban", "rural"], "value": ["65o", ""],
    }  # fmt: skip
    page = text_of(client.post(answer.url, typed))
    assert 'value="65o"' in page and "entry-bad" in page
    assert "65o" in client.get(answer.url).content.decode()
    answer = client.post(answer.url, typed | {"value": ["860", ""]})
    page = text_of(client.get(answer.url))
    assert "+38.7%" in page and "变动超过 30%" in page
    client.post(url("change_act", row.pk, "submit"))
    as_post(client, at.decider).post(url("change_act", row.pk, "activate"))
    assert Parameter.objects.get(change=row).amount.fen == 86_000
    page = text_of(client.get(url("change", row.pk)))
    assert "620.00" in page and "860.00" in page and "已批准启用" in page


def test_a_table_is_uploaded_corrected_and_uploaded_again(client: Client, at: make.Home):
    row = make.change(at)
    as_post(client, at.proposer)
    upload = lambda text: client.post(  # noqa: E731
        url("change_upload", row.pk), {"file": SimpleUploadedFile("a.csv", text.encode())}
    )
    assert upload("甲,乙\n1,2\n").status_code == 422
    assert client.post(url("change_upload", row.pk)).status_code == 422
    answer = upload(f"地区代码,新城镇标准,新农村标准\n{at.node.code},650,五百\n无此县,1,\n")
    assert answer.url == url("change_entries", row.pk)
    page = text_of(client.get(answer.url))
    assert "五百" in page and "无此县" in page and page.count("entry-why") == 2
    page = text_of(client.get(url("change", row.pk)))
    assert (
        "第 2 行“标准”" in page
        and "第 3 行“地区”" in page
        and url("change_act", row.pk, "submit") not in page
    )
    answer = upload(f"地区代码,新城镇标准,新农村标准\n{at.node.code},650,500\n")
    assert answer.url == url("change", row.pk)
    assert url("change_act", row.pk, "submit") in client.get(answer.url).content.decode()
    template = client.get(url("change_template", row.pk))
    assert b"".join(template.streaming_content).startswith(b"PK")


def test_a_change_is_returned_and_its_heading_corrected(client: Client, at: make.Home):
    row = make.changed(at, "submitted", make.entry(at.node, 650))
    as_post(client, at.decider).post(url("return_change", row.pk), {"reason": "请核对文号"})
    as_post(client, at.proposer)
    assert "请核对文号" in text_of(client.get(url("change", row.pk)))
    heading = {key: value for key, value in HEADING.items() if key != "code"}
    client.post(url("edit_change", row.pk), heading | {"document_number": "民发〔2025〕9号"})
    assert "民发〔2025〕9号" in text_of(client.get(url("change", row.pk)))
    answer = client.post(url("edit_change", row.pk), heading | {"correction": "on", "valid_to": "2026-01-01"})
    assert answer.status_code == 422
    client.post(url("change_act", row.pk, "withdraw"))
    assert client.get(url("edit_change", row.pk)).status_code == 404


# the work list


def test_work_waits_for_the_second_person_and_comes_back(at: make.Home):
    make.submitted(at)
    make.changed(at, "submitted", make.entry(at.node, 650))
    make.proposal(at, "returned", code="aid.returned", programme="other-aid")
    make.changed(at, "returned", make.entry(at.node, 660))
    heaps: dict[str, set[str]] = {}
    for who in ("proposer", "decider"):
        with at.acting(who) as actor:
            heaps[who] = {heap.key for heap in collect(actor, "")["heaps"] if heap.count == 1}
    assert heaps == {
        "proposer": {"packs_returned", "standards_returned"},
        "decider": {"packs_submitted", "standards_submitted"},
    }
    with scope.acting(orgs.actor(orgs.node(), PROPOSE, ACTIVATE, SUGGEST, SET)) as actor:
        assert collect(actor, "")["heaps"] == []


# the API


def test_the_api_tells_what_is_in_force(client: Client, at: make.Home, packs: None):
    own = make.proposal(at, "in_force")
    as_post(client, orgs.post(at.node, permissions.SEE))
    found = client.get("/api/rules/packs").json()
    assert {"filing.three-class", own.code} <= {row["code"] for row in found}
    here = client.get("/api/rules/packs", {"place": at.node.code, "day": "2024-06-01"}).json()
    assert own.code not in {row["code"] for row in here}
    assert len({row["programme"] for row in here}) == len(here)
    (mine,) = [row for row in found if row["code"] == own.code]
    assert (mine["place"], mine["version"], mine["valid_from"]) == (at.node.code, 1, "2025-01-01")
    text = client.get(f"/api/rules/packs/{mine['sha256']}/text")
    assert text.content.decode() == own.text
    assert client.get("/api/rules/packs/none/text").status_code == 404


def test_the_api_tells_standards_as_of_a_day(client: Client, at: make.Home):
    make.changed(at, "in_force", make.entry(at.node, "650.50"))
    as_post(client, orgs.post(at.node, permissions.SEE))
    told = lambda **query: [  # noqa: E731
        (row["residence"], row["value"])
        for row in client.get("/api/rules/standards", {"code": "dibao"} | query).json()
    ]
    assert told() == [("rural", "480.00"), ("urban", "650.50")]
    assert told(day="2024-06-01", place=at.node.code) == [("rural", "480.00"), ("urban", "620.00")]
    assert told(day=str(date(2023, 1, 1))) == []
    assert client.get("/api/rules/standards", {"place": "nowhere"}).status_code == 404
    assert as_post(client, orgs.post(at.node)).get("/api/rules/standards").status_code == 403
