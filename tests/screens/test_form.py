"""A form's texts and the answers' values are two views of the same."""

from __future__ import annotations

import pytest

from screens.blocklists import OWN_LISTS
from screens.more import POLICY_LINES
from wizard.answers.build import to_values
from wizard.answers.field import Field
from wizard.answers.form import (
    answers_from_texts,
    custom_entry,
    custom_text,
    item_problem,
    item_problems,
    number,
    split_items,
    to_texts,
)
from wizard.answers.model import SECTIONS, Answers
from wizard.answers.sections.blocklists import Blocklists, CustomBlocklist
from wizard.answers.sections.certificate import Certificate
from wizard.answers.sections.hostname import Hostname


def test_there_and_back_is_the_same() -> None:
    answers = Answers(
        Hostname("mail.example.org", "example.org"),
        certificate=Certificate(name="example.org"),
        blocklists=Blocklists(
            custom=(CustomBlocklist("a.example"), CustomBlocklist("b.example", "helo", "127.0.0.2"))
        ),
    )
    values = to_values(answers)
    texts = {section: to_texts(section, values[section]) for section in SECTIONS}
    assert answers_from_texts(texts) == answers


def test_an_emptied_number_takes_its_default_and_an_emptied_parameter_is_unset() -> None:
    answers = answers_from_texts(
        {
            "hostname": {"myhostname": "mail.example.org", "mydomain": "", "myorigin": ""},
            "networks": {"mynetworks": ("127.0.0.0/8",)},
            "certificate": {"source": "self-signed"},
            "delivery": {"mailbox_transport": "", "home_mailbox": "", "recipient_delimiter": ""},
            "limits": {"message_size_limit": ""},
        }
    )
    assert isinstance(answers, Answers)
    assert answers.hostname == Hostname("mail.example.org", "example.org", "$myhostname")
    assert answers.limits.message_size_limit == 10485760
    assert answers.delivery.mailbox_transport == ""


def test_what_is_wrong_is_told_all_at_once() -> None:
    wrong = answers_from_texts(
        {
            "hostname": {"myhostname": "mail"},
            "networks": {"mynetworks": ("0.0.0.0/0",)},
            "limits": {"default_process_limit": "x"},
        }
    )
    assert not isinstance(wrong, Answers)
    assert {problem.name for problem in wrong} == {
        "myhostname",
        "mynetworks",
        "default_process_limit",
    }


@pytest.mark.parametrize("text", ["", " 1", "1.5", "-1", "１２", "0x10", "many"])  # noqa: RUF001
def test_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"whole number|full-width"):
        number(text)


def test_items_are_split_at_what_separates_and_not_at_full_width_blanks() -> None:
    assert split_items("a, b;c\nd\r\n e\tf") == ("a", "b", "c", "d", "e", "f")
    assert split_items("a\u3000b") == ("a\u3000b",)


@pytest.mark.parametrize("text", ["a.example", "a.example=127.0.0.2", "a.example=127.0.0.2:helo"])
def test_a_list_of_ones_own_in_one_line(text: str) -> None:
    assert custom_text(custom_entry(text)) == text


def test_the_problem_of_an_item_names_what_is_wrong_alone() -> None:
    assert item_problem("domains", "local", "a.example.org") == ""
    assert item_problem("domains", "local", "a_b.example.org").startswith(
        "A host name cannot contain '_'"
    )
    assert item_problem("blocklists", "custom", "a.example:nokind").startswith("Choose one of")
    assert item_problems("domains", "local", ["a.example.org", "b"]).keys() == {"b"}


@pytest.mark.parametrize("field", [OWN_LISTS, POLICY_LINES], ids=lambda one: str(one.name))
def test_a_field_that_no_section_has_shows_help_and_no_preview(field: Field) -> None:
    assert field.help
    assert not field.becomes
