"""The policy on whole files: a reader can check each case by eye.

cases/stock: answers and the hunks of `diff FILE FILE.orig` on a suite's own files.
cases/small: a file before and after. A line `= NAME` begins a part of a case.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from wizard.answers.model import Answers
from wizard.answers.toml import parse_answers
from wizard.host.facts import Postfix
from wizard.postfix.main_policy import propose_main_cf
from wizard.postfix.sender_access import propose_sender_access
from wizard.postfix.services import propose_master_cf

CASES = Path(__file__).parent / "cases"
STOCK = sorted((CASES / "stock").glob("*.txt"))
SMALL = sorted((CASES / "small").glob("*.txt"))


def parts(path: Path) -> dict[str, str]:
    found = re.split(r"^= (.+)\n", path.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2]))


def answers_of(text: str) -> Answers:
    parsed = parse_answers(text)
    assert isinstance(parsed, Answers), parsed
    return parsed


def plain_diff(tmp_path: Path, name: str, new: bytes, old: bytes) -> str:
    (tmp_path / name).write_bytes(new)
    (tmp_path / f"{name}.orig").write_bytes(old)
    done = subprocess.run(
        ["diff", name, f"{name}.orig"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    return re.sub(r" +$", "", done.stdout, flags=re.MULTILINE)


@pytest.mark.parametrize("path", STOCK, ids=lambda path: path.stem)
def test_the_seeds_answers_give_the_seeds_hunks(
    path: Path,
    stock: Callable[[str, str], bytes],
    postfix_of: Callable[[str], Postfix],
    tmp_path: Path,
) -> None:
    case = parts(path)
    suite = path.stem.rpartition("-")[2]
    answers, postfix = answers_of(case["answers"]), postfix_of(suite)
    for name, propose in (("main.cf", propose_main_cf), ("master.cf", propose_master_cf)):
        live = stock(suite, name)
        proposal = propose(live, answers, postfix, ())
        assert plain_diff(tmp_path, name, proposal.text, live) == case[name]
        assert proposal.warnings == ()
        assert propose(proposal.text, answers, postfix, ()).text == proposal.text


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_a_small_file_becomes(path: Path, el9: Postfix) -> None:
    case = parts(path)
    answers = answers_of(case["answers"])
    sections = case.get("sections", "").split()
    before = case["before"].encode()
    name = path.stem.partition("-")[0]
    if name == "sender":
        proposal = propose_sender_access(before, answers, sections)
        again = propose_sender_access(proposal.text, answers, sections)
    else:
        propose = propose_master_cf if name == "master" else propose_main_cf
        proposal = propose(before, answers, el9, sections)
        again = propose(proposal.text, answers, el9, sections)
    assert proposal.text.decode() == case["after"]
    for kind in ("warnings", "refusals"):
        assert "".join(f"{line}\n" for line in getattr(proposal, kind)) == case.get(kind, "")
    assert (again.text, again.changed, again.reasons) == (proposal.text, (), ())
