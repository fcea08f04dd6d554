"""One more section, which adds nothing, in a copy of the product: seen wherever sections are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

FIELDS = '''"""The section `pause`."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import choice


@dataclass(frozen=True)
class Pause:
    """Whether strangers wait for the greeting."""

    use: str = choice("Pause", "on: strangers wait.", "off", choices=("off", "on"), becomes="nothing")
'''
SECTION = '''"""The section `pause`."""

from __future__ import annotations

from wizard.finding import RIGHT, Finding
from wizard.sections.section import Section

PAUSE = Section(
    "pause",
    heading="A pause for strangers",
    value=lambda _host, _today: "of a second",
    check=lambda _door, _settings, _answers: iter([Finding("pause", "pause", "a", "a", RIGHT)]),
)
'''
EDITS = {
    "wizard/answers/model.py": [
        ("import Relay\n", "import Relay\nfrom wizard.answers.sections.pause import Pause\n"),
        (
            "(default_factory=Move)\n",
            "(default_factory=Move)\n    pause: Pause = field(default_factory=Pause)\n",
        ),
    ],
    "wizard/sections/registry.py": [
        ("\n\nSECTIONS =", "\nfrom wizard.sections.pause import PAUSE\n\nSECTIONS ="),
        ("    MOVE,\n", "    MOVE,\n    PAUSE,\n"),
    ],
}
"""The two lists: the answers and the registry."""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("product")
    for name in ("wizard", "screens", "templates"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "wizard/answers/sections/pause.py").write_text(FIELDS)
    (copy / "wizard/sections/pause.py").write_text(SECTION)
    for name, edits in EDITS.items():
        text = (copy / name).read_text()
        for old, new in edits:
            assert text.count(old) == 1, (name, old)
            text = text.replace(old, new)
        (copy / name).write_text(text)
    return copy


def told(product: Path, script: str, *words: str) -> str:
    """What a script prints that imports the copy, and this project's tests."""
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=product,
        env={**os.environ, "PYTHONPATH": f"{product}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_answers_file_has_it(product: Path) -> None:
    script = """
from wizard.answers.toml import format_answers, parse_answers
text = '[hostname]\\nmyhostname = "mail.a.example"\\n[pause]\\nuse = "on"\\n[certificate]\\nname = "a.example"'
answers = parse_answers(text)
assert answers.pause.use == "on", answers
print(format_answers(answers))
print(parse_answers(text.replace('"on"', '"perhaps"'))[0].message)
"""
    said = told(product, script)
    assert '[pause]\nuse = "on"' in said
    assert "Choose one of off, on" in said


def test_a_plan_and_its_json_have_it(product: Path) -> None:
    script = """
from dataclasses import replace
from tests.factories import FRESH
from tests.screens.hosts import answers
from wizard.answers.sections.pause import Pause
from wizard.plan.report import as_json
from wizard.planning.build import build_plan
import json
print(json.dumps(as_json(build_plan(replace(answers(), pause=Pause("on")), FRESH, ("pause",)))))
"""
    assert json.loads(told(product, script))["sections"] == ["pause"]


def test_status_and_the_list_of_sections_have_it(product: Path) -> None:
    script = """
from tests.screens.hosts import answers, set_up_host
from tests.screens.standin import StandIn
rows, _ = StandIn(the_host=set_up_host(), saved=answers()).sections(set_up_host())
print([row.value for row in rows if row.section == "pause"])
"""
    assert told(product, script) == "['of a second']\n"


def test_a_check_has_it(product: Path) -> None:
    script = """
from tests.screens.hosts import answers
from concurrent.futures import ThreadPoolExecutor
from tests.unit.check.test_check_prove import NothingThere
from wizard.host.postfix import Configuration
from wizard.check.deep_checks import begin_deep_checks
with ThreadPoolExecutor() as pool:
    finish = begin_deep_checks(answers(), NothingThere(), Configuration({}, {}, (), ()), None, pool, is_chosen=True)
    print([one.verdict for one in finish() if one.id == "pause"])
"""
    assert told(product, script) == "['right']\n"


def test_a_screen_asks_for_it(product: Path) -> None:
    script = """
import asyncio
from screens.widgets.field import FormField
from tests.screens.pilots import opened, walk_to
from tests.screens.standin import StandIn
async def shown():
    async with opened(StandIn()) as pilot:
        await walk_to(pilot, "More")
        print(pilot.app.screen.query_one("#pause-head").text)
        print([one.field.label for one in pilot.app.screen.query(FormField) if one.field.section == "pause"])
asyncio.run(shown())
"""
    assert told(product, script).splitlines() == ["A pause for strangers", "['Pause']"]
