"""Documents on their way in and out: hostile files, other unions, removal, the sweep."""

import io
import os
import sys
import zipfile
import zlib
from datetime import timedelta

import pypdfium2
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.refusal import Refused
from nuanxin.records import documents, queries, services
from nuanxin.records.documents import store
from nuanxin.records.models import Attachment, Entry
from tests.orgs import factories as orgs
from tests.registry import factories as registry

pytestmark = pytest.mark.django_db

SEE = "registry.household.see"


@pytest.fixture(autouse=True)
def files(tmp_path, settings):
    """A store of this test's own."""
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


@pytest.fixture
def county():
    return orgs.node("county")


def home(node):
    with scope.acting(orgs.actor(node)):
        return registry.household(node.path)


def picture(kind="JPEG", size=(60, 40), **options):
    out = io.BytesIO()
    Image.new(options.pop("mode", "RGB"), size, "teal").save(out, kind, **options)
    return out.getvalue()


def paper():
    out = io.BytesIO()
    document = pypdfium2.PdfDocument.new()
    document.new_page(400, 300)
    document.save(out)
    return out.getvalue()


def attach(node, body, name="材料.jpg", category="other", subject=None):
    subject = subject or home(node)
    with scope.acting(orgs.actor(node)):
        upload = SimpleUploadedFile(name, body)
        return services.attach(subject=subject, category=category, upload=upload)


def bytes_of(attachment):
    with default_storage.open(documents.place_of(attachment)) as kept:
        return kept.read()


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        box.writestr("run.js", "alert(1)")
    return out.getvalue()


# -- what comes in ----------------------------------------------------------------------------------------


def test_what_hides_behind_or_in_a_picture_is_gone_once_it_is_kept(county):
    page = b"<html><script>alert(document.cookie)</script></html>"
    for body in (
        picture() + page,
        picture() + archive(),
        picture(comment=page),
        picture("PNG") + page,
        picture("PNG", pnginfo=_texts("comment", page.decode())),
        picture(icc_profile=page),
    ):
        kept = bytes_of(attach(county, body))
        assert b"script" not in kept and not zipfile.is_zipfile(io.BytesIO(kept))
        Image.open(io.BytesIO(kept)).load()


def _texts(key, value):
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text(key, value)
    return texts


def test_where_and_by_what_a_photo_was_taken_is_not_kept_and_it_stands_upright(county):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Phone", 6
    exif.get_ifd(0x8825)[2] = (IFDRational(27), IFDRational(10), IFDRational(0))
    body = picture(exif=exif, size=(80, 40))
    assert Image.open(io.BytesIO(body)).getexif().get_ifd(0x8825)
    kept = Image.open(io.BytesIO(bytes_of(attach(county, body))))
    assert not kept.getexif() and kept.size == (40, 80)


def test_a_large_photo_is_reduced_and_every_picture_has_a_preview(county):
    kept = attach(county, picture(size=(5000, 2500)))
    assert Image.open(io.BytesIO(bytes_of(kept))).size == (2400, 1200)
    with default_storage.open(documents.preview_of(kept)) as small:
        assert max(Image.open(small).size) == 160


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pictures_of_every_depth_are_taken(county, mode):
    out = io.BytesIO()
    Image.new(mode, (8, 8)).save(out, "PNG")
    assert attach(county, out.getvalue()).content_type == "image/png"


def bomb():
    """A PNG of a few hundred bytes that says it is 40,000 by 40,000 pixels."""
    body = bytearray(picture("PNG"))
    body[16:24] = (40_000).to_bytes(4, "big") * 2
    body[29:33] = zlib.crc32(body[12:29]).to_bytes(4, "big")
    return bytes(body)


def packed_text():
    """A PNG with a compressed comment of 200 MB."""
    packed = zlib.compress(b"\0" * 200_000_000, 9)
    chunk = b"zTXt" + b"k\0\0" + packed
    body = picture("PNG")
    part = len(chunk[4:]).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    return body[:33] + part + body[33:]


def locked():
    """A PDF that asks for a password: an encryption dictionary without the right key."""
    keys = b"/O (%s) /U (%s)" % (b"a" * 32, b"b" * 32)
    return _with_trailer(b"/Encrypt << /Filter /Standard /V 1 /R 2 %s /P -4 >> /ID [<00> <00>]" % keys)


def _with_trailer(more, objects=b""):
    """The smallest PDF, written by hand, with something more in its trailer."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R " + objects + b">>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj %s endobj\n" % (number, part)
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size 4 /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (more, len(out))
    return out + table + end


SCRIPTED = _with_trailer(
    b"", b"/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (app.alert\\(1\\)) >>] >> >> "
)


@pytest.mark.parametrize(
    "body, code",
    [
        (b"", "empty_file"),
        (b"\xff\xd8\xff" + b"0" * (10 * 1024 * 1024), "file_too_large"),
        (b"<html><script>alert(1)</script>", "file_type"),
        (b"MZ\x90\0", "file_type"),
        (b"GIF89a", "file_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "file_type"),
        (archive(), "file_type"),
        (b" %PDF-1.4", "file_type"),
        (b"\xff\xd8\xff<script>alert(1)</script>", "broken"),
        (picture()[:-40], "broken"),
        (picture("PNG")[:60], "broken"),
        (bomb(), "too_many_pixels"),
        (packed_text(), "broken"),
        (b"%PDF-1.4 nothing", "broken"),
        (b"%PDF-1.4\n%%EOF", "broken"),
        (_with_trailer(b"") + archive(), "broken"),
        (_with_trailer(b"") + b"<script>alert(1)</script>", "broken"),
        (_with_trailer(b"") + archive() + b"%%EOF", "broken"),
        (locked(), "locked"),
        (SCRIPTED, "active"),
    ],
)
def test_what_is_no_sound_document_is_refused_and_leaves_nothing_behind(county, files, body, code):
    with pytest.raises(Refused, check=lambda refusal: refusal.code == code):
        attach(county, body)
    with scope.acting(system()):
        assert not Attachment.objects.exists()
    assert not files.exists() or not [name for name in files.rglob("*") if name.is_file()]


def test_a_pdf_is_kept_as_it_came_with_its_first_page_as_preview(county):
    for body in (paper(), _with_trailer(b"")):
        kept = attach(county, body, "证明.pdf")
        assert kept.content_type == "application/pdf" and bytes_of(kept) == body
        with default_storage.open(documents.preview_of(kept)) as small:
            assert max(Image.open(small).size) == 160


# -- the scanner ------------------------------------------------------------------------------------------


@pytest.fixture
def scanner(tmp_path, settings):
    """A scanner that writes down what it is shown and finds whatever contains EICAR."""
    seen = tmp_path / "seen"
    program = tmp_path / "scan.py"
    program.write_text(
        "import sys\nbody = sys.stdin.buffer.read()\n"
        f"open({str(seen)!r}, 'ab').write(body)\nsys.exit(b'EICAR' in body)\n"
    )
    settings.DOCUMENT_SCANNER = f"{sys.executable} -I {program}"
    return seen


def test_the_scanner_is_shown_what_came_in_and_what_it_finds_is_not_kept(county, files, scanner):
    clean, found = picture(), picture() + b"EICAR"
    attach(county, clean)
    with pytest.raises(Refused, check=lambda refusal: refusal.code == "malware"):
        attach(county, found)
    assert scanner.read_bytes() == clean + found
    with scope.acting(system()):
        assert Attachment.objects.count() == 1


@pytest.mark.parametrize("command", ["no-such-scanner", f"{sys.executable} -I -c 'raise SystemExit(2)'"])
def test_without_an_answer_of_the_scanner_nothing_is_taken_in(county, settings, command):
    settings.DOCUMENT_SCANNER = command
    with pytest.raises(Refused, check=lambda refusal: refusal.code == "no_scan"):
        attach(county, picture())


# -- who may open it --------------------------------------------------------------------------------------


def url(attachment, part=""):
    return f"/records/attachments/{attachment.pk}/{part}"


def sign_in(client, node, *permissions):
    post = orgs.post(node, *permissions)
    client.force_login(post.staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return post


def test_a_document_is_handed_out_as_foreign_and_the_look_is_recorded(client, county):
    kept = attach(county, picture(), '照片;".jpg')
    sign_in(client, county, SEE)
    answer = client.get(url(kept))
    assert answer.status_code == 200 and answer["Content-Type"] == "image/jpeg"
    assert b"".join(answer.streaming_content) == bytes_of(kept)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Disposition"].startswith("inline")
    assert client.get(url(kept) + "?download=1")["Content-Disposition"].startswith("attachment")
    assert client.get(url(kept, "preview/"))["Content-Type"] == "image/jpeg"
    with scope.acting(system()):
        assert Entry.objects.filter(action="attachment.seen", subject=kept.pk).count() == 2


def test_a_pdf_is_saved_not_shown(client, county):
    kept = attach(county, paper(), "证明.pdf")
    sign_in(client, county, SEE)
    assert client.get(url(kept))["Content-Disposition"].startswith("attachment")


def test_another_countys_document_does_not_exist(client, county):
    kept = attach(county, picture())
    sign_in(client, orgs.node("county"), "*")
    assert client.get(url(kept)).status_code == client.get(url(kept, "preview/")).status_code == 404


def test_a_document_needs_the_permission_of_its_record_and_of_what_it_tells(client, county):
    house = home(county)
    plain = attach(county, picture(), subject=house)
    medical = attach(county, picture(), subject=house, category="diagnosis")
    sign_in(client, county, "ledger.fund.see")
    assert client.get(url(plain)).status_code == client.get(url(plain, "preview/")).status_code == 403
    sign_in(client, county, SEE)
    assert client.get(url(plain)).status_code == 200
    assert client.get(url(medical)).status_code == client.get(url(medical, "preview/")).status_code == 403
    sign_in(client, county, SEE, "registry.health.see")
    assert client.get(url(medical)).status_code == 200


def test_documents_of_a_record_without_a_rule_are_opened_by_nobody(client, county):
    kept = attach(county, picture())
    with scope.acting(system()):
        Attachment.objects.filter(pk=kept.pk).update(kind="orgs.Node")
    sign_in(client, county, SEE)
    assert client.get(url(kept)).status_code == 403


# -- one content, many rows; removal and the sweep --------------------------------------------------------


def old(files):
    """Make every stored file older than the grace of the sweep."""
    past = (timezone.now() - store.GRACE - timedelta(hours=1)).timestamp()
    for name in files.rglob("*.*"):
        os.utime(name, (past, past))


def stored(files):
    return sorted(name.name for name in files.rglob("*.*"))


def test_the_same_document_of_two_counties_lies_once_and_neither_learns_of_the_other(county, files):
    first = attach(county, picture())
    other = orgs.node("county")
    second = attach(other, picture())
    assert documents.place_of(first) == documents.place_of(second) and len(stored(files)) == 2
    with scope.acting(orgs.actor(other)):
        assert list(Attachment.objects.values_list("pk", flat=True)) == [second.pk]


def test_a_removed_document_stays_as_a_row_and_its_bytes_go_when_nobody_needs_them(client, county, files):
    house = home(county)
    kept = attach(county, picture(), subject=house)
    twin = attach(orgs.node("county"), picture())
    with scope.acting(orgs.actor(county)):
        with pytest.raises(Refused, check=lambda refusal: refusal.code == "no_reason"):
            services.remove_attachment(attachment=kept, subject=house, reason=" ")
        services.remove_attachment(attachment=kept, subject=house, reason="传错了人")
        assert not queries.attachments_of(house)
        assert Entry.objects.filter(action="attachment.removed", note="传错了人").exists()
        with pytest.raises(Refused, check=lambda refusal: refusal.code == "removed_already"):
            services.remove_attachment(attachment=kept, subject=house, reason="再来一次")
    sign_in(client, county, SEE)
    assert client.get(url(kept)).status_code == 404
    old(files)
    call_command("sweep_documents")
    assert len(stored(files)) == 2
    with scope.acting(system()):
        twin.removed, twin.removed_because = timezone.now(), "重复"
        twin.save()
    call_command("sweep_documents")
    assert stored(files) == []
    with scope.acting(system()):
        assert Attachment.objects.count() == 2


def test_the_sweep_leaves_what_is_young_and_what_is_not_its_own(county, files):
    (files / "incoming").mkdir(parents=True)
    (files / "incoming" / "roster.xlsx").write_text("rows")
    (files / "ab").mkdir()
    (files / "ab" / ("ab" * 32 + ".jpg")).write_text("young")
    (files / "cd").mkdir()
    (files / "cd" / "note.txt").write_text("not ours")
    call_command("sweep_documents")
    assert len(stored(files)) == 3
    old(files)
    call_command("sweep_documents")
    assert stored(files) == ["note.txt", "roster.xlsx"]


def test_the_database_asks_why_a_document_was_removed(county):
    kept = attach(county, picture())
    with scope.acting(system()), pytest.raises(IntegrityError), transaction.atomic():
        Attachment.objects.filter(pk=kept.pk).update(removed=timezone.now())
