"""A number with its noun: 1 step, 2 steps, in all that the program says."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Iterator

import pytest

from wizard.plan.actions import Command
from wizard.plan.model import Plan, Step
from wizard.plan.report import commands
from wizard.text import counted

ROOT = Path(__file__).parents[2]
NOUNS = (
    *(
        "steps",
        "rows",
        "runs",
        "checks",
        "items",
        "aliases",
        "addresses",
        "parameters",
        "complaints",
    ),
    *(
        "problems",
        "cautions",
        "messages",
        "files",
        "lines",
        "things",
        "changes",
        "networks",
        "names",
    ),
)
"""What the program counts. A number with one of these is written by `counted`."""
NUMBER = re.compile(r"len\(|sum\(|\b(count|number|total|more|n|steps|done|lines|open)\b")
"""What is a number in an f-string. Other values with such a word, as in `NAME runs`, have a verb."""
ALWAYS_MORE = {
    "wizard/run/past_step.py": "the name of a directory that several files have in common",
    "wizard/plan/wire.py": "the items of a tuple, in the message of a defect",
    "wizard/host/read.py": "beyond a limit of thousands",
    "wizard/sections/dns/plan.py": "the same",
    "wizard/status/sections.py": "the number of lines that the policy has",
    "wizard/commands/undo.py": "one run is called the run",
}


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (1, ("step",), "1 step"),
        (0, ("step",), "0 steps"),
        (2000, ("alias", "aliases"), "2,000 aliases"),
    ],
)
def test_a_number_has_the_noun_that_fits(number: int, words: tuple[str, ...], said: str) -> None:
    assert counted(number, *words) == said


@pytest.mark.parametrize(("number", "said"), [(1, "1 step, in"), (2, "2 steps, in")])
def test_the_commands_of_a_plan(number: int, said: str) -> None:
    steps = tuple(Step(f"s{at}", "Do it", "", Command(("true",))) for at in range(number))
    assert next(iter(commands(Plan("", (), steps, ())))).startswith(said)


def plurals(source: str) -> Iterator[str]:
    """Yield each text in which a value stands right before a noun in the plural."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            for value, text in zip(node.values, node.values[1:]):
                if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant):
                    words = str(text.value).removeprefix(" more").split()
                    noun = words[0].rstrip(".,:;)") if words else ""
                    number = ast.unparse(value)
                    is_number = NUMBER.search(number) and "counted" not in number
                    if is_number and str(text.value).startswith(" ") and noun in NOUNS:
                        yield f"{number} {noun}"


def test_a_plural_after_a_number_is_found() -> None:
    assert len(list(plurals('f"{len(x)} steps, in order" f"{n} more things" f"{n} steps"'))) == 3
    assert not list(plurals("""f"{counted(n, 'step')}, in order" f"{name}'s steps" "2 steps" """))


@pytest.mark.parametrize("package", ["wizard", "screens"])
def test_no_text_has_a_number_before_a_fixed_plural(package: str) -> None:
    found = {
        str(path.relative_to(ROOT)): texts
        for path in sorted((ROOT / package).rglob("*.py"))
        if (texts := list(plurals(path.read_text(encoding="utf-8"))))
    }
    assert {path: texts for path, texts in found.items() if path not in ALWAYS_MORE} == {}
