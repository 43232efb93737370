"""A home visit written on a phone without a network: kept on the phone, sent once, then gone from it."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from nuanxin.config.demo.accounts import PASSWORD

from .conftest import Program, shoot

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("journey")]

COUNT = "SELECT count(*) FROM casework_visit WHERE note = %s"
NOTE = "妻子已出院，下月复查。"


def photo() -> bytes:
    """A photo of twelve million pixels, as phones take them, with the place it was taken at."""
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    Image.effect_noise((4000, 3000), 20).convert("RGB").save(out, "JPEG", quality=70, exif=exif)
    return out.getvalue()


@pytest.fixture
def phone(program: Program, chromium: Any) -> Iterator[Any]:
    """A phone at 390 pixels, somewhere in the hills, with a grassroots officer signed in."""
    context = chromium.new_context(
        base_url=program.url,
        viewport={"width": 390, "height": 844},
        locale="zh-CN",
        geolocation={"latitude": 27.17123, "longitude": 103.54987, "accuracy": 15},
        permissions=["geolocation"],
    )
    context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": program.url}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(page, "officer")
    yield page
    context.close()
    assert not errors, errors


def sign_in(page: Any, name: str) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(re.compile("//[^/]+/$"))


def draft(page: Any, visitors: str) -> None:
    """Leave a draft of the first visit on the phone."""
    page.goto("/casework/visits/")
    page.locator("a.card[data-outbox-open]").first.click()
    page.locator("dialog[open] form [name=visitors]").fill(visitors)
    page.wait_for_function("() => localStorage.getItem('nx-outbox')")
    page.wait_for_timeout(300)
    assert kept(page) == 1


def kept(page: Any) -> int:
    """How many visits the phone keeps."""
    return page.evaluate(
        """() => new Promise((resolve) => {
            const open = indexedDB.open("nuanxin", 1);
            open.onupgradeneeded = () => open.result.createObjectStore("outbox", { keyPath: "key" });
            open.onsuccess = () => {
                const all = open.result.transaction("outbox").objectStore("outbox").getAll();
                all.onsuccess = () => { open.result.close(); resolve(all.result.length); };
            };
        })"""
    )


def write(page: Any, note: str) -> None:
    """Fill the open form."""
    form = page.locator("dialog[open] form")
    form.locator("label", has_text="有变化").click()
    form.locator("[name=note]").fill(note)
    form.locator("[name=agreed]").check()
    form.locator("[name=photos]").set_input_files(
        {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    form.locator(".outbox-photos img").wait_for()
    form.get_by_role("button", name="记录现在的位置").click()
    form.get_by_text(re.compile("已记录位置")).wait_for()


def test_a_visit_without_network_is_kept_on_the_phone_and_sent_once(program: Program, phone: Any) -> None:
    phone.goto("/casework/visits/")
    family = phone.locator("a.card[data-outbox-open]").first
    name = family.locator("b").inner_text()
    shoot(phone, "phone_visits")

    phone.context.set_offline(True)
    phone.get_by_text("没有网络", exact=True).wait_for()
    family.click()
    write(phone, NOTE)
    shoot(phone, "phone_visit_offline")
    phone.locator("dialog[open]").get_by_role("button", name="登记走访").click()
    waiting = phone.locator("[data-outbox-list] li")
    waiting.get_by_text("待联网送出").wait_for()
    assert name in waiting.inner_text() and kept(phone) == 1
    assert program.query(COUNT, NOTE) == [(0,)]
    shoot(phone, "phone_waiting")

    # the first answer is lost on its way back: the phone cannot know, and sends again
    lost = []

    def lose(route: Any) -> None:
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    phone.route(re.compile(r"/casework/visits/\d+/$"), lose)
    phone.context.set_offline(False)
    phone.wait_for_function("() => document.querySelectorAll('[data-outbox-list] li').length === 1")
    for _ in range(100):
        if lost:
            break
        phone.wait_for_timeout(100)
    assert lost == [200] and kept(phone) == 1
    assert program.query(COUNT, NOTE) == [(1,)]
    phone.evaluate("() => window.dispatchEvent(new Event('online'))")
    phone.locator(".toast", has_text="走访已送出并登记").wait_for()
    assert kept(phone) == 0 and program.query(COUNT, NOTE) == [(1,)]
    latitude, longitude, agreed = program.query(
        "SELECT latitude::text, longitude::text, agreed FROM casework_visit WHERE note = %s", NOTE
    )[0]
    assert (latitude, longitude, agreed) == ("27.171200", "103.549900", True)
    sizes = program.query(
        "SELECT a.size FROM records_attachment a JOIN casework_visit v ON a.subject = v.id"
        " WHERE a.kind = 'casework.Visit' AND v.note = %s",
        NOTE,
    )
    assert len(sizes) == 1 and sizes[0][0] < 1_000_000
    assert phone.evaluate("document.documentElement.scrollWidth") == 390


def test_a_draft_comes_back_is_refused_with_reasons_and_goes_at_sign_out(
    program: Program, phone: Any
) -> None:
    phone.goto("/casework/visits/")
    families = phone.locator("a.card[data-outbox-open]")
    families.first.click()
    form = phone.locator("dialog[open] form")
    form.locator("label", has_text="有变化").click()
    form.locator("[name=visitors]").fill("李梅、杨光")
    phone.wait_for_timeout(600)
    phone.reload()
    phone.locator("[data-outbox-list] li").get_by_text("草稿").wait_for()
    phone.locator("[data-outbox-list] li").get_by_role("link", name="打开").click()
    form = phone.locator("dialog[open] form")
    assert form.locator("[name=visitors]").input_value() == "李梅、杨光"
    form.get_by_role("button", name="登记走访").click()
    form.get_by_role("alert").get_by_text("请写明情况").wait_for()
    assert kept(phone) == 1

    # an expired session loses nothing: whoever signs in again finds the draft
    phone.context.clear_cookies(name="sessionid")
    sign_in(phone, "officer")
    phone.wait_for_selector("script[src*=outbox]", state="attached")
    phone.wait_for_load_state("networkidle")
    assert kept(phone) == 1

    phone.once("dialog", lambda question: question.accept())
    phone.locator("[data-sign-out]").first.evaluate("form => form.requestSubmit()")
    phone.wait_for_url(re.compile("/accounts/login/"))
    assert kept(phone) == 0


def test_a_draft_is_gone_when_somebody_else_signs_in(program: Program, phone: Any) -> None:
    draft(phone, "李梅")
    phone.context.clear_cookies(name="sessionid")
    sign_in(phone, "officer2")
    phone.wait_for_function("() => !localStorage.getItem('nx-outbox')")
    assert kept(phone) == 0


def test_signing_out_without_a_script_clears_the_device(program: Program, phone: Any) -> None:
    draft(phone, "杨光")
    phone.goto("/")
    # as a browser sends it that runs no script: nothing on the page is asked, the answer alone clears
    with phone.expect_navigation(url=re.compile("/accounts/login/")):
        phone.locator("[data-sign-out]").first.evaluate("form => form.submit()")
    assert kept(phone) == 0
