"""The manual, the completions and the pages of docs/ that are made of the program's tables."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

import completions
import made_pages
from wizard import cli
from wizard.answers.cautions import CAUTIONS
from wizard.answers.fields import CUSTOM_FIELDS, FIELDS
from wizard.answers.toml import read_answers
from wizard.manual.answers import EXAMPLE
from wizard.manual.page import WIDTH, Block, Entry, Example, Heading, Page, Paragraph, plain, roff
from wizard.manual.topics import TOPICS
from wizard.options import HELP_TOPICS, OPTIONS
from wizard.postfix.parameters import PARAMETERS

ROOT = Path(__file__).parents[2]
PAGES = {topic: make(cli.COMMANDS) for topic, make in TOPICS.items()}

SMALL = Page(
    "small",
    "1",
    "a page",
    (
        Heading("a part of `main.cf`"),
        Paragraph(".SH is no request here, and `a-b` is literal"),
        Entry("--option FILE", "It is read."),
        Example(("first line", "'second' \\n")),
    ),
)


def test_a_page_as_text() -> None:
    assert plain(SMALL).splitlines() == [
        "NAME",
        "",
        "       small - a page",
        "",
        "A PART OF main.cf",
        "",
        "       .SH is no request here, and `a-b` is literal",
        "",
        "       --option FILE",
        "              It is read.",
        "",
        "              first line",
        "              'second' \\n",
    ]


def test_a_page_for_man() -> None:
    assert roff(SMALL, "1.0").splitlines()[2:] == [
        ".SH NAME",
        "small \\- a page",
        ".SH A PART OF main.cf",
        ".PP",
        "\\&.SH is no request here, and \\fBa\\-b\\fR is literal",
        ".TP",
        "\\fB\\-\\-option FILE\\fR",
        "It is read.",
        ".PP",
        ".RS 4",
        ".nf",
        "first line",
        "\\&'second' \\en",
        ".fi",
        ".RE",
    ]


@pytest.mark.parametrize("topic", PAGES)
def test_help_prints_each_topic(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help", topic]) == 0
    said = capsys.readouterr().out
    assert said == plain(PAGES[topic])
    as_they_are = {line for block in PAGES[topic].blocks for line in unbroken(block)}
    assert {line.strip() for line in said.splitlines() if len(line) > WIDTH} <= as_they_are


def unbroken(block: Block) -> Sequence[str]:
    """Return the lines of a block that are never broken: one copies them."""
    if isinstance(block, Example):
        return block.lines
    return [block.term] if isinstance(block, Entry) else []


def test_the_example_of_the_answers_is_right(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text("\n".join(EXAMPLE), encoding="utf-8")
    path.chmod(0o600)
    assert read_answers(path).hostname.mydomain == "example.com"


def test_the_topics_are_those_of_the_options() -> None:
    assert tuple(TOPICS) == HELP_TOPICS


def test_help_without_a_topic_is_the_page_of_the_commands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["help"]) == 0
    assert capsys.readouterr().out == plain(PAGES["commands"])


def test_help_names_the_topics_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help", "unod"]) == 64
    assert "no page unod. Choose one of commands, answers" in capsys.readouterr().err


def terms(topic: str) -> list[str]:
    return [block.term for block in PAGES[topic].blocks if isinstance(block, Entry)]


def test_the_pages_have_each_command_option_field_and_parameter() -> None:
    text = plain(PAGES["commands"])
    for command in cli.COMMANDS:
        assert f"\npostfix-wizard {command.name}\n" in text
    words = {term.split()[0] for term in terms("commands")}
    given = {word for name in OPTIONS for word, _ in OPTIONS[name] if word.startswith("-")}
    assert given - words == set()
    assert {one.name for one in (*FIELDS, *CUSTOM_FIELDS)} - {*terms("answers")} == set()
    written = {term.partition(" = ")[0] for term in terms("policy")}
    assert {one.name for one in PARAMETERS} - written == {"smtpd_recipient_restrictions"}


@pytest.mark.parametrize("path", made_pages.docs())
def test_the_pages_of_docs_are_made_of_the_tables(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == made_pages.docs()[path], (
        "write them anew: .venv/bin/python scripts/made_pages.py"
    )


def _cautions_in(path: Path) -> set[str]:
    """Return the first arguments of `Caution(...)`; a constant is looked up in all modules."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "Caution"
            and node.args
        ):
            first = node.args[0]
            found.add(str(first.value) if isinstance(first, ast.Constant) else ast.unparse(first))
    return found


def test_the_table_of_cautions_has_the_names_that_plans_use() -> None:
    names = {name for path in (ROOT / "wizard").rglob("*.py") for name in _cautions_in(path)}
    constants = {"CLASS": "domain-class", "TRANSPORT": "domain-transport"}
    used = {constants.get(name, name) for name in names}
    # foreign-hooks is accepted in the same way and decides what is copied.
    assert {*CAUTIONS} == {*used, "foreign-hooks"}


@pytest.mark.parametrize("topic", ["commands", "answers"])
def test_man_has_nothing_to_complain_of(tmp_path: Path, topic: str) -> None:
    """With man-db's own test (lintian's): warnings go to standard error, the page is not shown."""
    page = PAGES[topic]
    path = tmp_path / f"{page.name}.{page.section}"
    path.write_text(roff(page, "1.0"), encoding="utf-8")
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(path)],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert len(done.stdout) > 1000


def completed(tmp_path: Path, *words: str) -> list[str]:
    """Return what bash itself offers after Tab: `complete -F` is called as readline calls it."""
    script = tmp_path / "completion"
    script.write_text(completions.bash(), encoding="utf-8")
    subprocess.run(["bash", "-n", str(script)], check=True)
    ask = (
        'source "$1"; shift; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
        "_postfix_wizard; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(
        ["bash", "-c", ask, "bash", str(script), "postfix-wizard", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["st"], ["status"]),
        (["--a"], ["--answers"]),
        (["plan", "--section", "d"], ["domains", "delivery", "dns", "dovecot", "dkim"]),
        (["plan", "--accept", "domain-"], ["domain-class=", "domain-transport="]),
        (["apply", "--keep-mine", "--y"], ["--yes"]),
        (["undo", "--w"], ["--with-later", "--wait"]),
        (["help", "h"], ["hand-edits"]),
        (["log", "--since", "y"], ["yesterday"]),
        (["move", "--done", "o"], []),
        (["--answers", "mi"], ["mine.toml"]),
        (["attach", ""], []),
        (["export", "a"], ["ansible"]),
        (["export", "ansible", "--p"], ["--partial"]),
    ],
)
def test_tab(tmp_path: Path, words: list[str], expected: list[str]) -> None:
    (tmp_path / "mine.toml").touch()
    assert completed(tmp_path, *words) == expected


def test_zsh_has_each_option_of_each_command() -> None:
    text = completions.zsh()
    for command in cli.COMMANDS:
        part = re.search(
            rf"^ +{command.name}\) _arguments(.*?) ;;$", text, re.MULTILINE | re.DOTALL
        )
        assert part, command.name
        for option in command.options:
            for word, _ in OPTIONS[option]:
                assert word in part[1] or not word.startswith("-"), (command.name, word)


def test_zsh_reads_its_completion(tmp_path: Path) -> None:
    script = tmp_path / "_postfix-wizard"
    script.write_text(completions.zsh(), encoding="utf-8")
    assert shutil.which("zsh"), "scripts/test installs it"
    subprocess.run(["zsh", "-n", str(script)], check=True)
