"""What money may be used for is named by the programmes."""

from django.utils.translation import override

from nuanxin.ledger import queries
from nuanxin.policy import library
from nuanxin.policy.programme_reading import load_file


def test_every_purpose_of_a_programme_has_words_in_both_languages():
    with override("en"):
        english = queries.purposes()
    with override("zh-hans"):
        chinese = queries.purposes()
    assert library.purposes().keys() <= english.keys() == chinese.keys()
    assert (chinese["golden-autumn"], english["golden-autumn"]) == ("金秋助学", "Golden Autumn schooling aid")
    assert (chinese["living-aid"], chinese["taper"]) == ("生活救助", "渐退期救助")


def test_an_unknown_purpose_is_shown_as_its_code():
    assert queries.purpose_label("no-such") == "no-such"


def test_a_purpose_of_several_programmes_is_named_as_its_own(settings):
    assert library.purposes()["medical-aid"].en == "Medical aid"
    file = settings.PACKS / "programmes" / "major-illness-aid.yaml"
    assert load_file(file).purpose == "medical-aid"
