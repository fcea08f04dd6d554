"""The examples for monitoring, started as a monitoring system starts them."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests import schemas

DIRECTORY = schemas.ROOT / "examples/monitoring"
PLUGIN, TEXTFILE = DIRECTORY / "check_postfix_wizard.py", DIRECTORY / "postfix_wizard_textfile.py"
OK, WARNING, CRITICAL, UNKNOWN = range(4)

OLD = """\
case " $* " in *" --quiet-outside "*)
    echo 'postfix-wizard: While reading the command line: unrecognized arguments: --quiet-outside.' >&2
    exit 64;; esac
"""
SLEEPS = "sleep 60 & sleep 60"


def finding(id_: str, verdict: str, seen: str = "seen", follows: str = "") -> dict[str, Any]:
    cure = {"commands": [], "edits": [], "reason": ""}
    words = {"looked_at": "it", "seen": seen, "expected": "right", "advice": ""}
    found = {"id": id_, "verdict": verdict, "fatal": True, "cure": cure, "follows": follows}
    return {**found, **words}


def item(id_: str, *, drifted: bool) -> dict[str, Any]:
    found = {"id": id_, "looked_at": "it", "left": "a", "now": "b", "drifted": drifted}
    return {**found, "run": "20261201-000000-1", "advice": "", "diff": []}


def check(*findings: dict[str, Any]) -> str:
    text = json.dumps({"version": 1, "findings": findings, "records": [], "message": ""})
    schemas.validate("check", text)
    return text


def status(*items: dict[str, Any]) -> str:
    rows = (("tls", "as planned"), ("dkim", "waits"))
    more = {"value": "v", "why": [], "by": "run", "run": ""}
    data = {
        "version": 1,
        "run": "20261201-000000-1",
        "drifted": sum(one["drifted"] for one in items),
        "items": items,
        "sections": [{"section": name, "state": state, **more} for name, state in rows],
        "move": None,
        "leftovers": [],
        "message": "",
    }
    text = json.dumps(data)
    schemas.validate("status", text)
    return text


RIGHT = check(finding("smtp.25.banner", "right"), finding("outbound.25", "unknown"))
AS_LEFT = status(item("path./etc/postfix/main.cf", drifted=False))


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that prints the files `check` and `status`, after the script `first`."""
    path = tmp_path / "postfix wizard"
    path.write_text(
        f'#!/bin/sh\ncd "{tmp_path}" || exit\n[ ! -e first ] || . ./first\ncat "$1"; exit "$(cat code)"\n'
    )
    path.chmod(0o755)
    answer(program=path)
    return path


def answer(program: Path, first: str = "", code: int = 0, **texts: str) -> None:
    place = program.parent
    for name, text in {"check": RIGHT, "status": AS_LEFT, **texts}.items():
        (place / name).write_text(text)
    (place / "first").write_text(first)
    (place / "code").write_text(str(code))


def start(script: Path, program: Path, *words: str, **environment: str) -> tuple[int, str, str]:
    argv = [sys.executable, str(script), "--program", f"'{program}'", *words]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


_DATA = re.compile(r"[a-z]+=[0-9.]+s?;0?;0?;0(?: |$)")

STATES = {
    "right": (OK, RIGHT, AS_LEFT, "OK - 0 wrong, 0 warning, 0 drifted |"),
    "waits": (OK, check(finding("unit.dkim", "waits")), AS_LEFT, "OK - 0 wrong"),
    "a warning": (WARNING, check(finding("dns.ptr", "warning")), AS_LEFT, "1 warning.*dns.ptr: seen"),
    "wrong": (
        CRITICAL,
        check(finding("dns.mx", "warning"), finding("port.25", "wrong", "nobody | listens\n\x1b[m")),
        status(item("unit.active", drifted=True)),
        r"1 wrong, 1 warning, 1 drifted; port.25: nobody listens \[m; dns.mx: seen; unit.active: b \|",
    ),
    "what follows": (
        CRITICAL,
        check(finding("a", "wrong"), finding("b", "wrong", follows="a")),
        AS_LEFT,
        r"2 wrong, 0 warning, 0 drifted; a: seen \|",
    ),
    "drifted": (WARNING, RIGHT, status(item("unit.active", drifted=True)), "1 drifted; unit.active: b"),
    "long": (WARNING, check(finding("a", "warning", "語" * 9999)), AS_LEFT, r"語 \.\.\. \|"),
    "not UTF-8": (WARNING, check(finding("a\udcff", "warning", "\udcff")), AS_LEFT, "a : "),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_the_plugin_prints_one_line_with_data(name: str, program: Path) -> None:
    state, found, left, expected = STATES[name]
    answer(program, check=found, status=left)
    for environment in ({}, {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}):
        code, out, err = start(PLUGIN, program, **environment)
        assert (code, err, out.count("\n"), out.count("|")) == (state, "", 1, 1), out
        if not environment:
            assert re.search(expected, out), out
        data = out.partition("| ")[2]
        assert _DATA.sub("", data).strip() == "", data


RECORDED = Path(__file__).with_name("monitoring")
"""What the program printed on an EL10 host of the lab: as it was set up, and after Postfix was stopped."""


@pytest.mark.parametrize(
    ("name", "state", "begins"),
    [
        ("right", WARNING, "WARNING - 0 wrong, 2 warning, 0 drifted; certificate.renewal: "),
        ("stopped", CRITICAL, "CRITICAL - 7 wrong, 2 warning, 0 drifted; unit.active: "),
    ],
)
def test_what_a_real_host_printed(
    name: str, state: int, begins: str, program: Path, tmp_path: Path
) -> None:
    texts = {
        command: (RECORDED / f"{file}-{command}.json").read_text()
        for command, file in (("check", name), ("status", "right"))
    }
    answer(program, check=texts["check"], status=texts["status"])
    code, out, _ = start(PLUGIN, program)
    assert (code, out.startswith(f"POSTFIX {begins}")) == (state, True), out
    file = tmp_path / "a.prom"
    assert start(TEXTFILE, program, str(file)) == (0, "", "")
    found = samples(file.read_text())
    assert sum(value for (metric, _), value in found.items() if metric == "findings") > 100
    assert found[("drifted_items", "")] == json.loads(texts["status"])["drifted"]


def test_an_operator_leaves_out_what_is_known(program: Path) -> None:
    answer(program, check=check(finding("a", "wrong"), finding("b", "warning")))
    assert start(PLUGIN, program, "--ignore", "a")[0] == WARNING
    code, out, _ = start(PLUGIN, program, "--ignore", "a", "--ignore", "b")
    assert (code, "wrong=0;" in out) == (OK, True)


NO_ANSWER: dict[str, tuple[dict[str, Any], str]] = {
    "no root": ({"first": "echo 'postfix-wizard: only root can do this' >&2; exit 77"}, "status 77: .*only root"),
    "empty": ({"check": ""}, "status 0: it printed no JSON"),
    "half": ({"check": RIGHT[:100]}, "printed no JSON"),
    "a list": ({"check": "[]"}, "printed no JSON"),
    "deep": ({"check": "[" * 100_000}, "printed no JSON"),
    "an old program": ({"first": OLD}, "Install a newer"),
    "a later form": ({"check": RIGHT.replace('"version": 1', '"version": 2')}, "version 2 of its JSON, not 1"),
    "no version": ({"check": "{}"}, "version None"),
    "other fields": ({"status": '{"version": 1}'}, "another form"),
    "other kinds": ({"status": '{"version": 1, "items": 7, "drifted": "a", "sections": 7}'}, "another form"),
    "killed": ({"first": "kill -9 $$"}, "status -9"),
    "a message": ({"check": '{"version": 1, "message": "postconf\\nhangs"}'}, "postconf hangs"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_ANSWER)
def test_without_a_usable_answer_nothing_is_claimed(
    name: str, program: Path, tmp_path: Path
) -> None:
    given, expected = NO_ANSWER[name]
    answer(program, **given)
    code, out, err = start(PLUGIN, program)
    assert (code, err, out.count("\n")) == (UNKNOWN, "", 1)
    assert out.startswith("POSTFIX UNKNOWN - ")
    assert re.search(expected, out), out
    file = tmp_path / "a.prom"
    code, _, err = start(TEXTFILE, program, str(file))
    assert (code, bool(re.search(expected, err))) == (1, True), err
    assert (
        'up{command="' + ("status" if "status" in given else "check") + '"} 0\n' in file.read_text()
    )


@pytest.mark.parametrize("script", [PLUGIN, TEXTFILE])
def test_a_program_that_hangs_or_is_missing(script: Path, program: Path, tmp_path: Path) -> None:
    answer(program, first=SLEEPS)
    more = () if script == PLUGIN else (str(tmp_path / "a.prom"),)
    began = time.monotonic()
    code, out, err = start(script, program, "--timeout", "0.3", *more)
    assert time.monotonic() - began < 10
    assert (code, "check gave no answer in 0.3 seconds" in out + err) == (
        UNKNOWN if script == PLUGIN else 1,
        True,
    )
    code, out, err = start(script, tmp_path / "nowhere", *more)
    assert (code, "No such file" in out + err) == (UNKNOWN if script == PLUGIN else 1, True)


def test_a_wrong_option_of_the_plugin_is_not_critical(program: Path) -> None:
    for words in (("--nothing",), ("--timeout", "soon"), ("--program", "'")):
        assert start(PLUGIN, program, *words)[:2][0] == UNKNOWN


_LINE = re.compile(
    r'postfix_wizard_([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (\S+)'
)


def samples(text: str) -> dict[tuple[str, str], float]:
    """Read the text format: each metric has HELP and TYPE before its samples, none is there twice."""
    found: dict[tuple[str, str], float] = {}
    named: list[str] = []
    for line in text.splitlines():
        if line.startswith("# HELP postfix_wizard_"):
            named.append(line.split()[2].removeprefix("postfix_wizard_"))
        elif line.startswith("# TYPE"):
            assert line == f"# TYPE postfix_wizard_{named[-1]} gauge"
        else:
            match = _LINE.fullmatch(line)
            assert match, line
            key = (match[1], match[2] or "")
            assert (match[1], key in found) == (named[-1], False)
            found[key] = float(match[3])
    assert len(named) == len(set(named))
    return found


def test_the_textfile(program: Path, tmp_path: Path) -> None:
    twice = finding('a"\\\n\udcff', "wrong")
    answer(
        program,
        check=check(twice, twice, finding("b", "waits"), finding("c", "right")),
        status=status(item("x", drifted=True), item("y", drifted=True)),
    )
    file = tmp_path / "metrics" / "a.prom"
    file.parent.mkdir()
    assert start(TEXTFILE, program, str(file)) == (0, "", "")
    found = samples(file.read_text())
    took = [value for (name, _), value in found.items() if name == "seconds"]
    assert all(0 < one < 10 for one in took)
    assert {key: value for key, value in found.items() if key[0] != "seconds"} == {
        ("up", 'command="check"'): 1,
        ("up", 'command="status"'): 1,
        ("findings", 'verdict="wrong"'): 2,
        ("findings", 'verdict="warning"'): 0,
        ("findings", 'verdict="waits"'): 1,
        ("findings", 'verdict="unknown"'): 0,
        ("findings", 'verdict="right"'): 1,
        ("problem", 'id="a\\"\\\\\\n?",verdict="wrong"'): 1,
        ("drifted_items", ""): 2,
        ("section", 'section="tls",state="as planned"'): 1,
        ("section", 'section="dkim",state="waits"'): 1,
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_the_file_is_replaced_as_a_whole_or_not_at_all(program: Path, tmp_path: Path) -> None:
    place = tmp_path / "metrics"
    place.mkdir()
    file, other = place / "a.prom", tmp_path / "other"
    other.write_text("not ours")
    file.symlink_to(other)
    assert start(TEXTFILE, program, str(file))[0] == 0
    assert (file.is_symlink(), other.read_text()) == (False, "not ours")
    before = file.stat()
    assert start(TEXTFILE, program, str(file))[0] == 0
    assert file.stat().st_ino != before.st_ino
    assert [one.name for one in place.iterdir()] == ["a.prom"]
    for wrong in (place / "none" / "a.prom", place):
        code, _, err = start(TEXTFILE, program, str(wrong))
        assert (code, "The file is as it was" in err) == (1, True), err
    assert [one.name for one in place.iterdir()] == ["a.prom"]
    assert [one for one in tmp_path.iterdir() if one.name.startswith(".")] == []
