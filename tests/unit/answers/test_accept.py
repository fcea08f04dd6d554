"""`--accept NAME=VALUE`: what is printed is what accepts, and nothing else does."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.answers.accept import form_of, option_for, read_accepted
from wizard.answers.model import Caution
from wizard.commands.blocked import refuse_cautions
from wizard.errors import AnswersTrouble
from wizard.plan.model import Plan

pytestmark = pytest.mark.promise(23)


def caution(*values: str, name: str = "public-range") -> Caution:
    return Caution(name, "Dangerous.", values)


TWO = caution("203.0.113.0/24", "[2001:db8::]/32")


@pytest.mark.parametrize(
    ("words", "accepts"),
    [
        (["public-range=203.0.113.0/24,[2001:db8::]/32"], True),
        (["public-range=[2001:db8::]/32,203.0.113.0/24"], True),
        (["public-range=203.0.113.0/24", "public-range=[2001:db8::]/32"], True),
        (["public-range=203.0.113.0/24,[2001:db8::]/32,"], True),
        (["other=1", "public-range=203.0.113.0/24,[2001:db8::]/32"], True),
        ([], False),
        (["public-range"], False),
        (["public-range="], False),
        (["public-range=,"], False),
        (["=203.0.113.0/24,[2001:db8::]/32"], False),
        (["public-range=203.0.113.0/24"], False),
        (["public-range=203.0.113.0/24,[2001:db8::]/32,10.0.0.0/8"], False),
        (["public-range=203.0.113.0/24 [2001:db8::]/32"], False),
        (["public-range=all"], False),
        (["public_range=203.0.113.0/24,[2001:db8::]/32"], False),
        (["public-range==203.0.113.0/24,[2001:db8::]/32"], False),
        (["public-range=203.0.113.0/24, [2001:db8::]/32"], False),
        (["public-range=203.0.113.0/24,[2001:db8::]/32", "public-range=192.0.2.0/24"], False),
        (["public-range=203.0.113.0/24,[2001:db8::]/32\n"], False),
        (["public%2Drange=203.0.113.0/24,[2001:db8::]/32"], False),
        (["public-range=203%2e0.113.0%2F24,[2001%3adb8::]/32"], True),
        (["public-range=%"], False),
    ],
)
def test_only_all_of_the_values_accept(words: list[str], accepts: bool) -> None:
    assert read_accepted(words).has(TWO) is accepts


@pytest.mark.parametrize(
    "value",
    [
        "service ssh (zone public)",
        'rule family="ipv4" source address="192.0.2.1" accept',
        "mbox:~/mail:INBOX=/var/mail/%u",
        "a,b",
        "%2C",
        "100%",
        "%,41",
        "%%41%",
        "50%é",
        "-rf",
        "$(reboot)",
        "name=value",
        "\u3000",
        "\x1b[31m",
        "\udcff",
        "日本",
        "\u202e",
        "it's",
        "a\nb",
    ],
)
def test_what_is_printed_can_be_typed_and_accepts(value: str) -> None:
    one = caution(value, "second")
    option, word = shlex.split(option_for(one))
    assert option == "--accept"
    assert word.isprintable()
    assert not set(word) & set(" ,\"'\\") - {","}
    assert word.count(",") == 1
    assert read_accepted([word]).has(one)


def test_a_value_is_shown_as_it_is_where_that_is_clear() -> None:
    place = "mbox:~/mail:INBOX=/var/mail/%{user}"
    assert form_of(caution(place, name="dovecot-mailbox")) == f"dovecot-mailbox={place}"
    assert form_of(caution("%41", name="x")) == "x=%2541"


@pytest.mark.slow
@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=4))
def test_any_value_comes_back(values: list[str]) -> None:
    one = caution(*values)
    assert read_accepted([form_of(one)]).values("public-range") == set(values)


def plan(*cautions: Caution) -> Plan:
    return Plan("", (), (), (), cautions=cautions)


def test_a_bare_name_is_refused_with_the_full_form() -> None:
    with pytest.raises(AnswersTrouble) as refused:
        refuse_cautions(plan(TWO), read_accepted(["public-range"]))
    said = str(refused.value)
    assert refused.value.exit_code == 65
    assert "--accept public-range does not name this value" in said
    assert said.endswith("add: --accept 'public-range=203.0.113.0/24,[2001:db8::]/32'")


def test_a_wrong_value_is_named_and_the_right_one_beside_it() -> None:
    with pytest.raises(AnswersTrouble) as refused:
        refuse_cautions(
            plan(TWO, caution("r-1", name="cut-off-run")),
            read_accepted(["cut-off-run=r-1", "public-range=10.0.0.0/8\x1b[2J"]),
        )
    said = str(refused.value)
    assert "--accept public-range=10.0.0.0/8%1B[2J does not name this value" in said
    assert "cut-off-run" not in said


def test_a_choice_of_another_kind_is_read_by_its_name() -> None:
    given_words = read_accepted(["foreign-hooks=deploy.sh,pre%2Cpost"])
    assert given_words.values("foreign-hooks") == {"deploy.sh", "pre,post"}
    assert given_words.values("other") == frozenset()
    refuse_cautions(plan(), given_words)
