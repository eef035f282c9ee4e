"""What every form has."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.bursts.custom_form import CustomForm
from portal.bursts.prediction import PredictionForm
from portal.impact.forms import ImpactForm
from portal.kit.form import TypedForm
from portal.objectives.forms import SLOForm
from portal.workbench.forms import PanelForm

FORMS = (CustomForm, PredictionForm, ImpactForm, SLOForm, PanelForm)


@dataclass
class TwoFields(TypedForm):
    first: str = "1"
    second: str = ""
    version: int = 0


def test_the_fields_are_those_that_have_a_text() -> None:
    form = TwoFields.of({"first": " 2\r\n3\0 ", "version": "7", "errors": "no", "more": "x"})
    assert (form.first, form.second, form.version, form.errors) == ("2\n3", "", 0, {})


def test_a_number_that_is_none_is_an_error_of_its_field() -> None:
    form = TwoFields("many")
    assert form.number("first", "Type a number of things.") is None
    assert form.errors == {"first": "Type a number of things."}


def test_no_two_forms_share_their_errors() -> None:
    one, other = TwoFields(), TwoFields()
    one.errors["first"] = "wrong"
    assert other.errors == {}


@pytest.mark.parametrize("form", FORMS)
@given(typed=st.dictionaries(st.sampled_from(["rate", "failed", "sli", "seen", "key"]), st.text()))
def test_any_form_bears_anything(form: type[TypedForm], typed: dict[str, str]) -> None:
    made = form.of(typed)
    assert made.errors == {}
    assert all("\0" not in value for value in vars(made).values() if isinstance(value, str))
