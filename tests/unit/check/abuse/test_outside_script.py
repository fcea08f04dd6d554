"""The printed script: whole by itself, made of the same modules, and no value in it is code."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.answers.rules.names import server
from wizard.check.abuse.attempts import GROUPS, Target
from wizard.check.abuse.outside_script import MODULES, outside_script
from wizard.check.network.stranger import networks

TARGET = Target("", "mail.zeke.ne.jp", "zeke.ne.jp", 10485760, connections=25)
TRUSTED = networks(("192.168.1.0/24", "127.0.0.0/8", "::1/128"))


def run(script: str, directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    path = directory / "outside.py"
    path.write_text(script)
    # Isolated, and elsewhere: nothing of this project can be imported.
    argv = [sys.executable, "-I", "-W", "error", str(path), *words]
    return subprocess.run(
        argv, cwd=directory, env={}, capture_output=True, text=True, check=False, timeout=60
    )


def names(source: str) -> Iterator[str]:
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        if isinstance(node, ast.Assign):
            yield from (
                one.id
                for target in node.targets
                for one in ast.walk(target)
                if isinstance(one, ast.Name)
            )


def test_no_name_of_one_part_hides_that_of_another() -> None:
    counted = Counter(name for one in MODULES for name in set(names(inspect.getsource(one))))
    assert [name for name, count in counted.items() if count > 1] == []
    assert "masked_bytes" not in counted


def test_it_imports_the_standard_library_alone() -> None:
    script = outside_script("mail.zeke.ne.jp", TARGET, TRUSTED)
    imported = {
        name.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(ast.parse(script))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    }
    assert {one.partition(".")[0] for one in imported} <= set(sys.stdlib_module_names)
    assert script.isascii()


def test_each_row_of_the_table_is_in_it() -> None:
    script = outside_script("mail.zeke.ne.jp", TARGET, TRUSTED)
    for group in GROUPS:
        for attempt in group.attempts:
            assert attempt.tried in script


def test_it_runs_by_itself_and_says_where_it_cannot(tmp_path: Path) -> None:
    script = outside_script("mail.zeke.ne.jp", TARGET, TRUSTED)
    told = run(script, tmp_path, "--help")
    assert (told.returncode, told.stderr) == (0, "")
    assert "--rates" in told.stdout
    told = run(outside_script("nobody.invalid", TARGET, TRUSTED), tmp_path)
    assert (told.returncode, told.stderr) == (2, "")
    assert told.stdout.startswith("nobody.invalid cannot be reached from here: ")


def test_it_is_of_no_use_where_the_server_trusts_us(tmp_path: Path) -> None:
    told = run(outside_script("127.0.0.1", TARGET, TRUSTED), tmp_path)
    assert (told.returncode, told.stderr) == (2, "")
    assert told.stdout == (
        "127.0.0.1 is in the server's mynetworks: try it from where nobody trusts you.\n"
    )


HOSTILE = (
    "\"); import os; os.system('touch owned'); (\"",
    "'''\n__import__('os').system('touch owned')\n'''",
    "{{ 7 * 7 }}{% raw %}",
    "a\\",
    "\u2028x\n\r# ",
    "\ud800",
)


@pytest.mark.slow
@pytest.mark.promise(21)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_value_is_ever_code(text: str, tmp_path: Path) -> None:
    script = outside_script("127.0.0.1", Target("", text, text, 1, waits=text), TRUSTED)
    told = run(script, tmp_path)
    assert (told.returncode, told.stderr) == (2, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside.py"]
    (known,) = (
        node
        for node in ast.parse(script).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "KNOWN"
    )
    assert isinstance(known.value, ast.Call)
    (argument,) = known.value.args
    assert isinstance(argument, ast.Constant)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-oProxy",
        "mail",
        "a b.example",
        "a\n.example",
        "x\x1b.example",
        '"x".example',
        "{{x}}.y",
    ],
)
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is |has |holds |begins "):
        server(text)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Mail.Example.com", "mail.example.com"),
        ("203.0.113.1", "203.0.113.1"),
        ("2001:DB8::1", "2001:db8::1"),
    ],
)
def test_a_name_or_an_address_is_a_server(text: str, taken: str) -> None:
    assert server(text) == taken


def test_the_modules_come_after_what_they_import() -> None:
    seen = {"wizard.secrets"}
    for one in MODULES:
        for node in ast.parse(inspect.getsource(one)).body:
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("wizard"):
                assert node.module in seen, f"{one.__name__} imports {node.module}"
        seen.add(one.__name__)
