"""Forms of the house and how they are shown."""

from base64 import b64encode

import pytest
from django import forms

from nuanxin.kernel.fields import MoneyFormField
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import PNG_START, Form, Group, SignatureField, bound_groups

from .rendering import show

PLACES = ["昆明", "曲靖", "玉溪", "保山", "昭通", "丽江", "普洱", "临沧", "楚雄", "红河", "文山", "大理"]


class Sample(Form):
    groups = [Group("One", ["amount", "absent", "number"])]
    sources = {"amount": "Article 12"}
    units = {"amount": "yuan"}
    sensitive = ["number"]
    read_back = ["amount"]

    number = forms.CharField()
    amount = MoneyFormField(help_text="no more than the cap")
    place = forms.ChoiceField(choices=[("", "-"), *((str(n), name) for n, name in enumerate(PLACES))])
    born = forms.DateField(required=False)
    choice = forms.ChoiceField(widget=forms.RadioSelect, choices=[("y", "Yes"), ("n", "No")])


def shown(form: forms.BaseForm) -> str:
    return show('<c-form :form="form" draft="sample" submit="Send" />', form=form)


def test_fields_come_in_groups_and_the_rest_follows() -> None:
    groups = [[field.name for field in group.fields] for group in bound_groups(Sample())]
    assert groups == [["amount", "number"], ["place", "born", "choice"]]


def test_a_plain_form_is_one_group() -> None:
    class Plain(forms.Form):
        name = forms.CharField()

    assert [len(group.fields) for group in bound_groups(Plain())] == [1]
    assert 'name="name"' in shown(Plain())


def test_what_is_odd_about_a_field_stands_beside_it() -> None:
    page = shown(Sample())
    assert "Article 12" in page and "<span>yuan</span>" in page
    assert 'data-capitals-of="id_amount"' in page
    assert 'type="date"' in page and 'data-draft="sample"' in page
    assert 'id="id_amount_helptext"' in page and 'aria-describedby="id_amount_helptext"' in page


def test_sensitive_fields_are_kept_out_of_drafts() -> None:
    field = Sample().fields["number"]
    assert "data-sensitive" in field.widget.attrs
    assert "data-sensitive" not in Sample().fields["born"].widget.attrs


def test_long_lists_are_searched_by_pinyin_and_short_ones_are_not() -> None:
    page = shown(Sample())
    assert 'data-py="kunming km"' in page
    assert page.count("data-search") == 1


def test_errors_stand_at_the_field_and_in_a_summary_that_links_to_it() -> None:
    page = shown(Sample({"number": "<b>x</b>", "amount": "1,23", "place": "0"}))
    assert 'href="#id_amount"' in page and 'id="id_amount_error"' in page
    assert 'href="#id_choice"' in page and 'id="id_choice"' in page
    assert 'value="1,23"' in page
    assert 'value="&lt;b&gt;x&lt;/b&gt;"' in page and "<b>x</b>" not in page


def test_a_refusal_goes_to_its_field_or_above_the_form() -> None:
    form = Sample({"number": "1", "amount": "5", "place": "0", "choice": "y"})
    assert form.is_valid()
    form.refuse(Refused("over the cap", field="amount"))
    form.refuse(Refused("the fund is closed", field="fund"))
    assert form.errors == {"amount": ["over the cap"], "__all__": ["the fund is closed"]}


def test_a_signature_is_a_png_or_nothing() -> None:
    drawing = PNG_START + b"rest"
    field = SignatureField(required=False)
    assert field.clean("data:image/png;base64," + b64encode(drawing).decode()) == drawing
    assert field.clean("") == b""


@pytest.mark.parametrize(
    "value",
    [
        "data:image/svg+xml;base64," + b64encode(b"<svg/>").decode(),
        "data:image/png;base64," + b64encode(b"GIF89a").decode(),
        "data:image/png;base64,!!!",
        b64encode(PNG_START).decode(),
        "data:image/png;base64," + "A" * 400_001,
    ],
)
def test_anything_else_is_no_signature(value: str) -> None:
    with pytest.raises(forms.ValidationError):
        SignatureField().clean(value)
