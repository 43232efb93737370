"""The file page: next step, timeline by kind, money by month, documents; and the paper form."""

import io
from datetime import date, datetime, timedelta

import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from nuanxin.casework import file_paper, services
from nuanxin.casework.models import Award, Visit
from nuanxin.casework.web import months
from nuanxin.casework.web.next_step import next_step
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.records import queries as records
from nuanxin.records import services as attachments
from nuanxin.records.models import Attachment, Entry
from nuanxin.registry import services as registry
from nuanxin.registry.models import Expense, Household

from . import factories as make
from .conftest import refusal
from .test_pages import browser

pytestmark = pytest.mark.django_db

FACTS = ("registry.finance.see", "registry.health.see", "registry.children.see")


@pytest.fixture
def file(county):
    return make.file(county)


@pytest.fixture
def reader(county):
    """One who sees all of the county's files."""
    return browser(make.orgs.post(county.node, make.SEE, "registry.household.see", *FACTS))


def page(client, file, **query):
    answer = client.get(reverse("casework:file", args=[file.pk]), query)
    assert answer.status_code == 200
    return answer


def aided(county, file):
    row = make.aid_list(county, "approved", files=[file.pk])
    make.paid(county, row)
    return Award.objects.get(file=file)


# -- the next step ----------------------------------------------------------------------------------------


def step(file, actor, **home):
    Household.objects.filter(pk=file.household_id).update(**home)
    file.refresh_from_db()
    file.household.refresh_from_db()
    visits = list(Visit.objects.filter(household=file.household))
    return next_step(file, visits, actor, timezone.localdate())


def test_the_next_step_is_what_is_missing_most(county, file):
    officer = make.orgs.actor(county.union, *make.OFFICER, "registry.household.edit")
    assert not step(file, officer).why
    long_ago = timezone.localdate() - timedelta(days=366)
    Visit.objects.filter(household=file.household).update(visited_on=long_ago)
    late = step(file, officer)
    assert late.why and late.url == reverse("casework:visit", args=[file.household_id])
    card = step(file, officer, card_mask="", card_cipher=None, card_hash=None)
    assert card.url == reverse("registry:household_card", args=[file.household_id])
    consent = step(file, officer, consent_on=None)
    assert consent.url == reverse("registry:household_edit", args=[file.household_id])


def test_a_reader_and_a_closed_file_have_no_next_step(county, file):
    assert step(file, make.orgs.actor(county.node, make.SEE)) is None
    with scope.acting(county.decider):
        services.close_file(file=file, reason="家庭情况已好转")
    assert step(file, make.orgs.actor(county.union, "*")) is None


# -- the timeline -----------------------------------------------------------------------------------------


def test_the_timeline_tells_all_and_can_be_narrowed_to_a_kind(county, file, reader):
    aided(county, file)
    with scope.acting(county.officer):
        registry.edit_household(household=file.household, version="", remarks="换了住处")
    steps = page(reader, file).context["steps"]
    assert {one.kind for one in steps} == {"case", "visit", "award", "change"}
    days = [one.when.date() if isinstance(one.when, datetime) else one.when for one in steps]
    assert days == sorted(days, reverse=True)
    for kind in ("case", "visit", "award", "change"):
        shown = page(reader, file, kind=kind).context["steps"]
        assert shown and {one.kind for one in shown} == {kind}
    assert len(page(reader, file, kind="visit").context["steps"]) == 1


# -- money by month ---------------------------------------------------------------------------------------


def test_twelve_months_end_with_this_one():
    assert months.last_months(date(2022, 1, 18))[0] == date(2021, 2, 1)
    assert months.last_months(date(2022, 1, 18))[-1] == date(2022, 1, 1)
    assert months.last_months(date(2022, 12, 31))[0] == date(2022, 1, 1)


def test_the_chart_shows_income_evidenced_spending_and_aid_by_month(county, file, reader):
    year = timezone.localdate().year
    for kind, amount, evidenced in (("medical", 24_000, True), ("schooling", 6_000, False)):
        Expense.objects.create(
            org_id=file.org_id,
            household=file.household,
            kind=kind,
            amount=Money.yuan(amount),
            evidenced=evidenced,
            year=year - 1,
        )
    award = aided(county, file)
    chart = page(reader, file, tab="finance").context["chart"]
    income, spent, aid = (one.values for one in chart.series)
    assert income == [800] * 12
    assert set(spent[-timezone.localdate().month :]) == {2000}
    assert aid[-1] == round(award.amount.fen / 100) and sum(aid) == aid[-1]
    assert "12" in chart.title


def test_the_chart_is_kept_from_those_who_may_not_see_finances(county, file):
    plain = browser(make.orgs.post(county.node, make.SEE))
    answer = page(plain, file, tab="finance")
    assert answer.context["chart"] is None and "9,600.00" not in answer.content.decode()


# -- documents --------------------------------------------------------------------------------------------


def test_documents_of_application_file_household_and_visits_show_with_previews(county, file, reader):
    with scope.acting(county.officer):
        for subject in (file.household, Visit.objects.get(household=file.household), file):
            attachments.attach(subject=subject, category="other", upload=make.upload())
        hidden = attachments.attach(subject=file, category="diagnosis", upload=make.upload())
    answer = page(reader, file, tab="documents")
    assert len(answer.context["documents"]) == 4 + len(make.PAPERS)
    for document in answer.context["documents"]:
        url = reverse("records:preview", args=[document.pk])
        assert url in answer.content.decode() and reader.get(url).status_code == 200
    plain = browser(make.orgs.post(county.node, make.SEE))
    assert hidden not in page(plain, file, tab="documents").context["documents"]


def test_a_document_of_an_application_is_removed_with_a_reason_while_it_is_prepared(county):
    row = make.application(county)
    with scope.acting(county.officer):
        kept = attachments.attach(subject=row, category="bill", upload=make.upload())
    url = reverse("casework:remove_document", args=[row.pk, kept.pk])
    officer = browser(county.officer_post)
    officer.post(url, {"reason": ""})
    assert records.attachments_of(row).exists()
    assert browser(make.orgs.post(county.node, make.SEE)).post(url, {"reason": "错"}).status_code == 403
    elsewhere = browser(make.orgs.post(make.orgs.node("county"), "*"))
    assert elsewhere.post(url, {"reason": "错"}).status_code == 404
    officer.post(url, {"reason": "传错了人"})
    assert not records.attachments_of(row).exists()
    assert Attachment.objects.get(pk=kept.pk).removed_because == "传错了人"
    assert officer.post(url, {"reason": "再来"}).status_code == 404


def test_what_was_reviewed_keeps_its_documents(county):
    row = make.application(county, "noticed")
    kept = records.attachments_of(row).first()
    with scope.acting(county.officer), refusal("reviewed"):
        services.remove_document(application=row, document=kept, reason="传错了人")


# -- how much it costs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", ["explanation", "members", "finance", "awards", "visits", "documents"])
def test_the_page_takes_few_queries(county, file, reader, django_assert_max_num_queries, tab):
    aided(county, file)
    with django_assert_max_num_queries(25):
        page(reader, file, tab=tab)


# -- the paper --------------------------------------------------------------------------------------------


def words(body):
    document = pypdfium2.PdfDocument(io.BytesIO(body))
    return "".join(sheet.get_textpage().get_text_range() for sheet in document), len(document)


def test_the_paper_has_every_part_of_the_form_and_is_recorded(county, file, reader):
    with scope.acting(county.officer):
        registry.record_expense(
            household=file.household, kind="medical", amount=Money.yuan(1234), evidenced=True, year=2021
        )
    answer = reader.get(reverse("casework:file_pdf", args=[file.pk]))
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    text, sheets = words(answer.content)
    for part in (
        file.number,
        "困难职工档案表",
        "家庭成员",
        "1,234.00",
        "材料目录",
        "基层工会意见",
        "同意建档",
        "第 1 页",
    ):
        assert part in text, part
    assert sheets >= 1 and file.household.head.id_mask in text
    assert Entry.objects.filter(action="file.printed", subject=file.pk).count() == 1


def test_the_paper_closes_what_the_reader_may_not_see(county, file):
    with scope.acting(make.orgs.actor(county.node, make.SEE)):
        paper = file_paper.data(file)
    facts = dict(pair for _title, pairs in paper["sections"] for pair in pairs)
    for name in ("家庭年收入", "银行卡号", "健康状况", "月人均（扣除刚性支出）"):
        assert facts[name] == "•••", name


def test_text_of_a_record_is_never_markup_on_paper(county, file):
    with scope.acting(county.officer):
        registry.edit_household(household=file.household, version="", address='#panic("x") $ * _ \\ 𠮷')
    file.household.refresh_from_db()
    with scope.acting(county.officer):
        assert '#panic("x")' in words(file_paper.pdf(file))[0]


def test_the_form_prints_from_the_browser_too(county, file, reader):
    answer = reader.get(reverse("casework:print_file", args=[file.pk]))
    assert answer.status_code == 200 and "基层工会意见" in answer.content.decode()


@pytest.mark.parametrize("name", ["file_pdf", "print_file"])
def test_the_paper_is_for_those_who_see_files_in_their_scope(county, file, name):
    url = reverse(f"casework:{name}", args=[file.pk])
    assert browser(make.orgs.post(county.node, "ledger.fund.see")).get(url).status_code == 403
    assert browser(make.orgs.post(make.orgs.node("county"), "*")).get(url).status_code == 404


def test_an_upload_that_is_refused_comes_back_in_its_form(county):
    row = make.application(county)
    answer = browser(county.officer_post).post(
        reverse("casework:act", args=[row.pk, "attach"]),
        {"category": "bill", "upload": SimpleUploadedFile("a.pdf", b"%PDF-1.4 broken")},
    )
    assert answer.status_code == 422 and "PDF 已损坏" in answer.content.decode()
    assert not records.attachments_of(row).exists()


def test_a_returned_family_has_its_earlier_file_named(county, file, reader):
    with scope.acting(county.decider):
        services.close_file(file=file, reason="户主已就业")
    assert page(reader, file).context["later"] is None
    with scope.acting(county.officer):
        row = services.start_application(household=file.household)
        make.complete(row)
        row = services.submit(application=row)
    again = make.File.objects.get(application=make._onward(county, row, "approved", over=True))
    assert again.reopened
    told = page(reader, again).content.decode()
    assert file.number in told and reverse("casework:file", args=[file.pk]) in told and "户主已就业" in told
    assert again.number in page(reader, file).content.decode()
    assert page(reader, again).context["later"] is None
