"""A sealed value opens only unchanged, for its purpose, with its key."""

from base64 import b64encode
from types import SimpleNamespace

import pytest
from cryptography.exceptions import InvalidTag
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel import sealing

KEYS = {str(n): b64encode(bytes([n]) * 32).decode() for n in (1, 2)}
FINGERPRINT = b64encode(b"f" * 32).decode()


def ring(current="1", keys=("1",), **more):
    return {"current": current, "keys": {n: KEYS[n] for n in keys}, "fingerprint": FINGERPRINT, **more}


@pytest.fixture(scope="module", autouse=True)
def keyring():
    with pytest.MonkeyPatch.context() as patch:
        holder = SimpleNamespace(NUANXIN_KEYRING=ring())
        patch.setattr(sealing, "settings", holder)
        yield holder


@pytest.fixture
def use(keyring, monkeypatch):
    return lambda settings: monkeypatch.setattr(keyring, "NUANXIN_KEYRING", settings)


@given(st.text(), st.sampled_from(["id_number", "card", "phone"]))
def test_what_is_sealed_opens(text, purpose):
    sealed = sealing.seal(text, purpose)
    assert sealing.unseal(sealed, purpose) == text
    assert sealing.unseal(memoryview(sealed), purpose) == text


@given(st.lists(st.text(max_size=20), max_size=20))
def test_a_column_opens_in_its_order(texts):
    assert sealing.unseal_many(sealing.seal_many(texts, "card"), "card") == texts


def test_the_same_text_is_never_sealed_alike():
    sealed = sealing.seal_many(["11010519491231002X"] * 200, "id_number")
    assert len({value[2:14] for value in sealed}) == 200
    assert all(b"1101" not in value for value in sealed)


def test_layout():
    sealed = sealing.seal("abc", "card")
    assert sealed[:2] == bytes([sealing.AES_256_GCM, 1])
    assert len(sealed) == 2 + 12 + 3 + 16
    assert sealing.key_id(sealed) == 1


@given(st.data())
def test_any_changed_byte_is_noticed(data):
    sealed = bytearray(sealing.seal("13812345678", "phone"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(sealing.SealingError):
        sealing.unseal(bytes(sealed), "phone")


@given(st.integers(0, 40))
def test_a_cut_value_is_noticed(length):
    sealed = sealing.seal("13812345678", "phone")
    if length < len(sealed):
        with pytest.raises(sealing.SealingError):
            sealing.unseal(sealed[:length], "phone")


def test_another_purpose_does_not_open():
    with pytest.raises(sealing.SealingError):
        sealing.unseal(sealing.seal("6222020200001234", "card"), "phone")


def test_renewing_a_key(use):
    old = sealing.seal("secret", "card")
    use(ring(current="2", keys=("1", "2")))
    assert sealing.unseal(old, "card") == "secret"
    new = sealing.reseal(old, "card")
    assert (sealing.key_id(old), sealing.key_id(new)) == (1, 2)
    use(ring(current="2", keys=("2",)))
    assert sealing.unseal(new, "card") == "secret"
    with pytest.raises(sealing.SealingError):
        sealing.unseal(old, "card")


def test_the_key_id_cannot_be_swapped_even_between_equal_keys(use):
    use({**ring(), "keys": {"1": KEYS["1"], "2": KEYS["1"]}})
    sealed = sealing.seal("secret", "card")
    with pytest.raises(sealing.SealingError):
        sealing.unseal(sealed[:1] + b"\x02" + sealed[2:], "card")


class Toy:
    """Another cipher, to show that one can take the place of the first."""

    def __init__(self, key):
        self.key = key

    def encrypt(self, nonce, data, associated_data):
        return associated_data + b"|" + data[::-1]

    def decrypt(self, nonce, data, associated_data):
        bound, _, body = data.rpartition(b"|")
        if bound != associated_data:
            raise InvalidTag
        return body[::-1]


def test_another_cipher_takes_over_and_old_values_stay_readable(use, monkeypatch):
    old = sealing.seal("secret", "card")
    monkeypatch.setitem(sealing.CIPHERS, 2, Toy)
    use(ring(cipher=2))
    new = sealing.reseal(old, "card")
    assert new[0] == 2
    assert sealing.unseal(new, "card") == sealing.unseal(old, "card") == "secret"
    with pytest.raises(sealing.SealingError):
        sealing.unseal(new, "phone")


@given(st.text(), st.text())
def test_fingerprints_are_equal_for_equal_texts_only(one, other):
    assert (sealing.fingerprint(one, "card") == sealing.fingerprint(other, "card")) == (one == other)


def test_fingerprints_depend_on_purpose_and_key(use):
    first = sealing.fingerprint("13812345678", "phone")
    assert len(first) == 32
    assert first != sealing.fingerprint("13812345678", "card")
    use({**ring(), "fingerprint": KEYS["1"]})
    assert first != sealing.fingerprint("13812345678", "phone")


def test_a_traceback_does_not_print_the_keys():
    assert "\\x01" not in repr(sealing._keyring())
    assert KEYS["1"] not in repr(sealing._keyring())


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        ring(current="2"),
        ring(current="x"),
        {**ring(), "fingerprint": "short"},
        {**ring(), "fingerprint": None},
        {**ring(), "keys": {"1": b64encode(b"k" * 16).decode()}},
        {**ring(), "current": "300", "keys": {"300": KEYS["1"]}},
        ring(cipher=9),
    ],
)
def test_a_keyring_that_cannot_work_is_refused(use, wrong):
    use(wrong)
    with pytest.raises(ImproperlyConfigured):
        sealing.seal("secret", "card")


def test_sm4_joins_behind_the_same_interface(use):
    before = sealing.seal("11010519491231002X", "id_number")
    use(ring(cipher=sealing.SM4_GCM))
    sealed = sealing.seal("11010519491231002X", "id_number")
    assert sealed[0] == sealing.SM4_GCM and len(sealed) == len(before)
    assert sealing.unseal(sealed, "id_number") == sealing.unseal(before, "id_number")
    assert sealing.reseal(before, "id_number")[0] == sealing.SM4_GCM
    for broken in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:20]):
        with pytest.raises(sealing.SealingError):
            sealing.unseal(broken, "id_number")
    with pytest.raises(sealing.SealingError):
        sealing.unseal(sealed, "card")
    with pytest.raises(sealing.SealingError):  # the header is bound: AES does not open what SM4 sealed
        sealing.unseal(bytes([sealing.AES_256_GCM]) + sealed[1:], "id_number")


def test_sm4_is_the_standards_cipher():
    """The example of GB/T 32907-2016, appendix A, through the block cipher the class uses."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    block = bytes.fromhex("0123456789abcdeffedcba9876543210")
    sealer = Cipher(algorithms.SM4(block), modes.ECB()).encryptor()
    assert sealer.update(block).hex() == "681edf34d206965e86b3e94f536e4246"
