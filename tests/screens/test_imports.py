"""Who does not show a screen does not pay for one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    "code",
    [
        "import screens.main, screens.terminal",
        "import screens.main; screens.main.main(['--section', 'x'])",
        "import wizard.cli, wizard.session, wizard.answers.form",
        "import wizard.drafts.draft, screens.preview, screens.facts, screens.progress",
        "import screens.main\ntry: screens.main.main(['--version'])\nexcept SystemExit: pass",
    ],
)
def test_textual_is_not_imported(code: str) -> None:
    asked = f"{code}\nimport sys\nprint([m for m in sys.modules if m in ('textual', 'rich')])"
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_first_paint_waits_for_nothing_of_the_wizard() -> None:
    code = "import screens.app, screens.host, sys\nprint(sorted(m for m in sys.modules if m.startswith('wizard')))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    # `paths` is a list of names: it imports nothing and does nothing.
    assert done.stdout.strip() == "['wizard', 'wizard.errors', 'wizard.paths', 'wizard.secrets']"
