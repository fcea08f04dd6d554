"""The command lines that are compared on saved roots, where nothing is run."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from comparison.observed import Observed
from wizard.answers.model import POLICY, SECTIONS

ANSWERS = Path(__file__).parent / "answers"
EXAMPLE = Path(__file__).parents[2] / "examples/zeke.toml"
FULL = ANSWERS / "full.toml"
COMMANDS = (
    *("plan", "apply", "attach", "resume", "undo", "check", "status", "answers", "move", "export"),
    *("log", "runs", "help"),
)
SECONDS = 120
"""How long a call may take."""

ON_EACH_ROOT: dict[str, tuple[str, ...]] = {
    "plan": ("plan", "--answers", str(EXAMPLE)),
    "plan-saved": ("plan", "--json"),
    "plan-full": ("plan", "--answers", str(FULL)),
    "plan-full-json": ("plan", "--answers", str(FULL), "--json"),
    **{
        f"plan-{name}": ("plan", "--answers", str(FULL), "--section", name, "--json")
        for name in (*SECTIONS, POLICY)
    },
    "plan-two": (
        *("plan", "--answers", str(FULL), "--section", "aliases", "--section", "hostname"),
    ),
    "answers": ("answers",),
    "answers-json": ("answers", "--json"),
    "plan-mine": ("plan", "--answers", str(FULL), "--keep-mine", "--json"),
    "plan-planned": ("plan", "--answers", str(FULL), "--take-planned", "--json"),
}
"""By name: the words of a call; `--root DIR` is added."""

ANYWHERE: dict[str, tuple[str, ...]] = {
    "version": ("--version",),
    "help": ("--help",),
    **{f"help-{name}": (name, "--help") for name in COMMANDS},
    "no-such-command": ("plam",),
    "no-such-option": ("plan", "--anwsers", "x"),
    "no-such-section": ("plan", "--section", "mail"),
    "shortened-option": ("apply", "--ye"),
    "both-choices": ("plan", "--keep-mine", "--take-planned"),
    "option-of-another": ("check", "--keep-mine"),
    "no-value": ("plan", "--answers"),
    "no-such-answers": ("plan", "--answers", "/nowhere/answers.toml"),
    "no-such-root": ("plan", "--root", "/nowhere", "--answers", str(EXAMPLE)),
    "bare-acceptance": ("plan", "--root", "/nowhere", "--accept", "public-range"),
    "prune-without-a-number": ("runs", "--prune", "--keep", "many"),
}
"""Calls that name no root, and change nothing."""

WRONG_ANSWERS: dict[str, str] = {
    "no-toml": "[hostname\n",
    "no-such-section": "[mail]\nname = 1\n",
    "no-such-field": '[hostname]\nname = "a.example"\n',
    "wrong-type": "[hostname]\nmyhostname = 7\n",
    "one-label": '[hostname]\nmyhostname = "mail"\n',
    "no-network": '[networks]\nmynetworks = ["10.0.0.1/8", "fe80::/99x"]\n',
    "no-list": '[blocklists]\nuse = ["no-such-list"]\n',
    "a-control-character": '[domains]\nlocal = ["a\\u0007.example"]\n',
    "limits": "[limits]\nmessage_size_limit = -1\nmailbox_size_limit = 1\n",
    "relay": '[relay]\nhost = "a b"\nport = 70000\n',
    "missing": '[hostname]\nmyhostname = "mail.example.com"\n',
}
"""Answers that are refused, or are not whole."""


@dataclass(frozen=True)
class _Call:
    name: str
    words: tuple[str, ...]


def observe(program: Path, roots: Sequence[Path], observed: Observed) -> int:
    """Make every call of one program; return how many there were."""
    wrong = roots[0].parent.with_name("wrong-answers")
    wrong.mkdir(exist_ok=True)
    calls = [_Call(f"anywhere/{name}", words) for name, words in ANYWHERE.items()]
    for name, text in WRONG_ANSWERS.items():
        file = wrong / f"{name}.toml"
        file.write_text(text)
        file.chmod(0o600)
        words = ("plan", "--root", str(roots[0]), "--answers", str(file))
        calls.append(_Call(f"wrong-answers/{name}", words))
    calls += [
        _Call(f"roots/{root.name}/{name}", (*words, "--root", str(root)))
        for root in roots
        for name, words in ON_EACH_ROOT.items()
    ]

    def make(call: _Call) -> None:
        done = subprocess.run(
            [sys.executable, "-I", program, *call.words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "COLUMNS": "80"},
            timeout=SECONDS,
            check=False,
        )
        observed.call(call.name, done.returncode, done.stdout, done.stderr)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(make, calls))
    return len(calls)
