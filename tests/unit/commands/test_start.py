"""A command imports what it uses, and nothing else: a module takes half a millisecond, and memory.

What is not listed here may not be imported. tests/screens/test_imports.py has the first paint.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SLOW = ("concurrent", "dns", "email", "http", "jinja2", "logging", "pexpect", "ptyprocess", "rich")
SLOWER = ("smtplib", "ssl", "textual", "tomlkit", "zipfile")
"""What other programs have made, and the slow parts of Python's library."""

VERSION = "answers caller cli errors options paths secrets"
PLANS = (
    f"{VERSION} certificates commands dns door environment finding host limits make_plan plan planning "
    "postfix regular_file run sections session text version"
)
READS_RUNS = (
    "action_kind actions caller changed directories files header history journal labels lock past_step "
    "path_obstacles path_state paths plan_id progress readiness records release request sanitize seals touched"
)
STARTS = {
    "from screens.main import main; main(['--version'])": (VERSION, "", ""),
    "import wizard.cli, wizard.commands.plan": (PLANS, READS_RUNS, "tomlkit"),
    "import wizard.cli, wizard.commands.status": (
        f"{PLANS} move status",
        f"{READS_RUNS} past_run pruning relevant",
        "concurrent logging tomlkit",
    ),
}
"""By start: the parts of `wizard`, those of `wizard.run`, and the slow packages that it may import."""

BEFORE_RUN = {"commands", "host", "network", "paths", "postfix", "silent", "before_run"}
"""What a plan reads of `check`: the rules for the entries of smtpd, where Postfix is installed."""


def imported(code: str) -> set[str]:
    """Return the modules that the code imports."""
    script = f"{code}\nimport sys\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def below(package: str, modules: set[str]) -> set[str]:
    """Return the names in a package."""
    parts = package.count(".") + 1
    return {one.split(".")[parts] for one in modules if one.startswith(f"{package}.")}


@pytest.mark.parametrize("code", STARTS)
def test_a_start_imports_what_it_uses(code: str) -> None:
    parts, of_runs, slow = (set(names.split()) for names in STARTS[code])
    modules = imported(code)
    assert below("wizard", modules) <= parts
    assert below("wizard.run", modules) <= of_runs
    assert not {"wizard.run.actions.replace", "wizard.run.context"} & modules
    assert {*SLOW, *SLOWER} & modules <= slow


def test_a_plan_imports_the_actions_of_its_steps(tmp_path: Path) -> None:
    etc = tmp_path / "copy/etc"
    (etc / "postfix").mkdir(parents=True)
    (etc / "os-release").write_text('ID="rhel"\nVERSION_ID="9.4"\n')
    (etc / "postfix/main.cf").write_text("mydestination = $myhostname, localhost\n")
    (etc / "postfix/master.cf").write_text("smtp inet n - n - - smtpd\n")
    answers = tmp_path / "answers.toml"
    answers.write_text(
        '[hostname]\nmyhostname = "mail.example.com"\n[certificate]\nsource = "self-signed"\n'
    )
    answers.chmod(0o600)
    words = ["plan", "--root", str(etc.parent), "--answers", str(answers)]
    modules = imported(f"from screens.main import main\nassert main({words!r}) == 2")
    assert below("wizard", modules) <= {*PLANS.split(), "check"}
    assert below("wizard.check", modules) <= BEFORE_RUN
    assert below("wizard.run.actions", modules) <= {
        *("back", "certificates", "greeting", "hold", "packages", "postfix_check", "proof"),
        *("replace", "service", "staged", "tables"),
    }
    # Jinja2 imports logging.
    assert {*SLOW, *SLOWER} & modules == {"jinja2", "logging", "tomlkit"}
