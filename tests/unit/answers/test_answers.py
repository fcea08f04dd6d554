"""The answers file: what is accepted, and what is said of the rest, with the line."""

import os
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from wizard.answers.build import build_answers, check_section, problem_text, to_values
from wizard.answers.field import Field
from wizard.answers.fields import FIELDS, check_text
from wizard.answers.model import SECTIONS, Answers
from wizard.answers.rules.names import fqdn, readable_name
from wizard.answers.rules.networks import network
from wizard.answers.toml import format_answers, parse_answers, read_answers
from wizard.errors import AnswersTrouble
from wizard.plan.model import Plan
from wizard.plan.wire import plan_to_bytes
from wizard.sections.networks import cautions

ROOT = Path(__file__).parents[3]
CASES: list[Any] = tomlkit.parse((Path(__file__).parent / "cases.toml").read_text()).unwrap()[
    "case"
]


@pytest.mark.promise(21, 23)
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_what_is_told(case: dict[str, Any]) -> None:
    text = case["answers"].replace("NAME256", "a" * 256).replace("LONG", "/" + "a/" * 2047 + "a")
    result = parse_answers(text)
    if not case["told"]:
        assert isinstance(result, Answers), result
        return
    assert not isinstance(result, Answers)
    told = [problem_text(problem, "f").removeprefix("f:").lstrip() for problem in result]
    wanted = case["told"]
    if case.get("any_order"):
        told, wanted = sorted(told), sorted(wanted)
    assert len(told) == len(wanted), told
    for line, begin in zip(told, wanted):
        assert line.startswith(begin), told


def test_the_example_is_the_seed() -> None:
    answers = read_answers(ROOT / "examples/zeke.toml")
    assert answers.hostname.myhostname == "mail.zeke.ne.jp"
    assert tuple(cautions(answers)) == ()


def test_the_plan_of_a_run_has_the_answers_of_that_run(tmp_path: Path) -> None:
    """So that the changes of an undone run can be made again."""
    answers = read_answers(ROOT / "examples/zeke.toml")
    path = tmp_path / "plan.json"
    path.write_bytes(plan_to_bytes(Plan(format_answers(answers), (), (), ())))
    assert read_answers(path) == answers
    path.write_bytes(plan_to_bytes(Plan("", (), (), (), undoes="20261124-034502-1")))
    with pytest.raises(AnswersTrouble, match="the plan of an undo"):
        read_answers(path)
    path.write_text("[hostname]\n")
    with pytest.raises(AnswersTrouble, match="not the plan of a run"):
        read_answers(path)


def test_mydomain_is_the_name_less_its_first_label() -> None:
    for name, domain in (("mail.example.com", "example.com"), ("example.com", "example.com")):
        result = build_answers({"hostname": {"myhostname": name}, "certificate": {"name": "x"}})
        assert isinstance(result, Answers)
        assert result.hostname.mydomain == domain


@pytest.mark.parametrize("name", ["日本語.jp", "mail.日本語.jp", "bücher.example", "faß.de"])
def test_a_name_in_its_own_script_is_shown_both_ways(name: str) -> None:
    ascii_name = fqdn(name)
    assert ascii_name.isascii()
    assert readable_name(ascii_name) == f"{ascii_name} ({name})"


@pytest.mark.promise(23)
@pytest.mark.parametrize(
    ("text", "is_public"),
    [
        ("203.0.113.0/24", True),
        ("100.64.0.0/10", True),
        ("10.0.0.0/8", False),
        ("192.168.0.0/15", True),
        ("[fd00::]/8", False),
        ("[2001:db8::]/32", True),
        ("127.0.0.0/8", False),
    ],
)
def test_a_public_range_is_a_caution(text: str, is_public: bool) -> None:
    values: dict[str, dict[str, Any]] = {
        "hostname": {"myhostname": "mail.example.com"},
        "networks": {"mynetworks": [text]},
        "certificate": {"name": "x"},
    }
    result = build_answers(values)
    assert isinstance(result, Answers)
    assert [caution.name for caution in cautions(result)] == ["public-range"] * is_public


def test_written_and_read_again_is_the_same() -> None:
    answers = read_answers(ROOT / "examples/zeke.toml")
    assert build_answers(to_values(answers)) == answers
    assert parse_answers(format_answers(answers)) == answers
    previous = (ROOT / "examples/zeke.toml").read_text()
    rewritten = format_answers(answers, previous)
    assert "# default: myhostname less its first label" in rewritten
    assert format_answers(answers, rewritten) == rewritten


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_has_fields_for_all_its_values(section: str) -> None:
    values = to_values(read_answers(ROOT / "examples/zeke.toml"))[section]
    named = [field.name for field in FIELDS if field.section == section]
    assert named == [name for name in values if name != "custom"]


@pytest.mark.promise(27)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root's file can be unsafe")
@pytest.mark.parametrize(("mode", "uid"), [(0o666, 0), (0o664, 0), (0o600, 65534)])
def test_a_file_that_others_may_write_is_refused(tmp_path: Path, mode: int, uid: int) -> None:
    path = tmp_path / "answers.toml"
    path.write_bytes((ROOT / "examples/zeke.toml").read_bytes())
    path.chmod(mode)
    os.chown(path, uid, 0)
    with pytest.raises(AnswersTrouble, match="others than root may write it"):
        read_answers(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        (b"\xff\xfe", "line 1 is not UTF-8"),
        (b"# fine\n\n# \xe9t\xe9\n", "line 3 is not UTF-8"),
    ],
)
def test_an_unreadable_file_is_a_sentence(tmp_path: Path, content: Any, told: str) -> None:
    path = tmp_path / "answers.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AnswersTrouble, match=told):
        read_answers(path)


def test_a_pipe_or_a_device_is_no_answers_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(AnswersTrouble, match="not a regular file"):
            read_answers(path)


TEXT_FIELDS = [field for field in FIELDS if field.kind != "number"]


@pytest.mark.promise(21, 22)
@given(st.sampled_from(TEXT_FIELDS), st.text(max_size=40))
def test_no_accepted_value_holds_what_could_end_a_line(field: Field, text: str) -> None:
    try:
        value = check_text(field, text)
    except ValueError:
        return
    assert not any(unicodedata.category(c)[0] == "C" for c in value)
    assert value.isascii()
    # A delimiter may be a lone "-": it is never a word of a command.
    assert not value.startswith("-") or field.name == "recipient_delimiter"


@pytest.mark.promise(23)
@given(st.text(alphabet="0123456789./:[]abcdef", max_size=30))
def test_no_network_is_the_world(text: str) -> None:
    try:
        value = network(text)
    except ValueError:
        return
    assert not value.endswith(("/0", "/1", "/2"))
    assert network(value) == value


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "answers.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_an_empty_file_is_called_so(tmp_path: Path) -> None:
    for text in ("", " \n\n"):
        with pytest.raises(AnswersTrouble, match="it is empty"):
            read_answers(write(tmp_path, text))


def test_a_long_value_is_not_repeated_whole(tmp_path: Path) -> None:
    text = f'[hostname]\nmyhostname = "a.example.com"\n[domains]\nlocal = ["{"a" * 100_000}"]\n'
    with pytest.raises(AnswersTrouble) as caught:
        read_answers(write(tmp_path, text))
    assert "aaa...aaa" in str(caught.value)
    assert "(100000 characters): The name has no dot" in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_of_many_problems_the_first_are_told(tmp_path: Path) -> None:
    names = ", ".join(f'"bad_{number}.example.com"' for number in range(500))
    text = f'[hostname]\nmyhostname = "a.example.com"\n[domains]\nlocal = [{names}]\n'
    with pytest.raises(AnswersTrouble) as caught:
        read_answers(write(tmp_path, text))
    lines = str(caught.value).splitlines()
    assert "500 problem(s)" in lines[0]
    assert "bad_0.example.com" in lines[1]
    assert "and 400 more" in lines[-2]


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ({"zone": "-bl.example"}, "A name cannot begin with '-'"),
        ({"zone": "bl.-example.org"}, "'-'"),
        ({"zone": "bl.example\n"}, "control character U+000A"),
        ({"zone": "bl.example\x1b[31m"}, "control character U+001B"),
        ({"zone": "(key).zen.dq.spamhaus.net"}, "'('"),
        ({"zone": "$myhostname"}, "A host name cannot contain '$'"),
        ({"zone": "bl.example", "replies": "-1"}, "This is not a reply filter"),
        ({"zone": "bl.example", "kind": "--help"}, "Choose one of"),
        ({}, "Write a full name"),
    ],
)
def test_a_bad_list_of_ones_own(entry: dict[str, str], wrong: str) -> None:
    _, found = check_section("blocklists", {"custom": [entry]})
    assert wrong in found[0].message


@pytest.mark.parametrize(
    "path", ["", "dqs.key", "-dqs.key", "/etc/../root/key", "/a b", "/a\n", "/-x", "/a/"]
)
def test_a_bad_path_of_a_key_file(path: str) -> None:
    _, found = check_section("blocklists", {"dqs_key_file": path})
    assert [one.name for one in found] == ["dqs_key_file"]


@pytest.mark.parametrize(
    ("items", "wrong"),
    [
        (["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24"], ["10.1.0.0/16", "10.1.2.0/24"]),
        (["10.1.2.0/24", "10.0.0.0/8"], ["10.1.2.0/24"]),
        (["10.0.0.1/32", "10.0.0.1/32"], ["10.0.0.1/32"]),
        (["10.0.0.0/9", "10.128.0.0/9"], []),
        (["[fd00::]/8", "[fd00::1]/128", "10.0.0.0/8"], ["[fd00::1]/128"]),
        (["10.0.0.0/24", "10.0.1.0/24", "10.0.0.128/25"], ["10.0.0.128/25"]),
    ],
)
def test_each_network_within_another_is_named_once(items: list[str], wrong: list[str]) -> None:
    values = {
        section: dict(part)
        for section, part in to_values(read_answers(ROOT / "examples/zeke.toml")).items()
    }
    values["networks"]["mynetworks"] = [*items, "127.0.0.0/8"]
    found = build_answers(values)
    named = [] if isinstance(found, Answers) else [one.message.split()[0] for one in found]
    assert named == wrong


def test_a_section_that_the_saved_file_lacks_is_added_only_if_it_says_something() -> None:
    """A file of an older program has no section that came later."""
    answers = read_answers(ROOT / "examples" / "zeke.toml")
    whole = format_answers(answers)
    older = whole[: whole.index("[senders]")] + whole[whole.index("[move]") :]
    assert format_answers(answers, older) == older
    on = replace(answers, senders=replace(answers.senders, use="on"))
    added = format_answers(on, older)
    assert "[senders]" in added
    assert parse_answers(added) == on
    assert "[hardening]" in format_answers(answers)


def test_a_field_that_the_saved_file_lacks_is_added_only_if_it_says_something() -> None:
    """A file of an older program has no field that came later."""
    answers = read_answers(ROOT / "examples" / "zeke.toml")
    lines = format_answers(answers).splitlines(keepends=True)
    older = "".join(one for one in lines if not one.startswith(("reports = ", "publish = ")))
    assert older != "".join(lines)
    assert format_answers(answers, older) == older
    other = replace(answers, dns=replace(answers.dns, reports="reader@zeke.ne.jp"))
    added = format_answers(other, older)
    assert 'reports = "reader@zeke.ne.jp"' in added
    assert "publish" not in added
