"""The collection by Ansible's own tools: installed from its archive, documented, linted, tested."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.ansible.test_yaml import DATA
from wizard.export.yaml import document

ROOT = Path(__file__).parents[2]
PACK = [sys.executable, str(ROOT / "scripts/collection.py")]

# ansible-test makes an environment for each test, and fetches a pip for it. This one takes what
# requirements/ansible.txt has locked, so nothing is fetched.
GET_PIP = """
import site
from pathlib import Path
Path(site.getsitepackages()[0], "locked.pth").write_text({!r} + "\\n")
"""
PIP = "get_pip_24_2.py"
"""The pip of this version of ansible-test."""
SANITY = (
    *("action-plugin-docs", "ansible-doc", "compile", "empty-init", "import", "line-endings"),
    *("no-assert", "no-get-exception", "no-illegal-filenames", "no-smart-quotes", "pep8"),
    *("replace-urlopen", "runtime-metadata", "shebang", "symlinks", "use-compat-six"),
    *("validate-modules", "yamllint"),
)
"""The tests of ansible-test that need neither a network nor a container."""

pytestmark = [pytest.mark.slow, pytest.mark.time_limit(600)]


@pytest.fixture(scope="module")
def programs() -> Path:
    """Return the directory of Ansible's programs."""
    done = subprocess.run([ROOT / "scripts/ansible"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(done.stdout.strip())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The collection where ansible-lint and ansible-test want it."""
    place = tmp_path / "ansible_collections/postfix_wizard/mail"
    place.mkdir(parents=True)
    subprocess.run([*PACK, "--tree", str(place)], check=True)
    return place


def call(programs: Path, home: Path, place: Path, *words: str, **more: str) -> str:
    """Run a program of Ansible without a network; return its output."""
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "ANSIBLE_COLLECTIONS_PATH": str(home),
        **more,
    }
    done = subprocess.run(
        ["unshare", "--net", *words] if os.geteuid() == 0 else words,
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_archive_is_installed_and_documented(programs: Path, tmp_path: Path) -> None:
    subprocess.run([*PACK, str(tmp_path)], check=True)
    archive = next(tmp_path.glob("*.tar.gz"))
    galaxy = ("ansible-galaxy", "collection")
    call(programs, tmp_path, tmp_path, *galaxy, "install", str(archive))
    assert "verified" in call(
        programs, tmp_path, tmp_path, *galaxy, "verify", "--offline", "postfix_wizard.mail"
    )
    modules = ("postfix_wizard.mail.server", "postfix_wizard.mail.facts")
    said = json.loads(call(programs, tmp_path, tmp_path, "ansible-doc", "--json", *modules))
    assert {*said[modules[0]]["doc"]["options"]} >= {"answers", "hand_edits", "wait", "program"}
    role = call(programs, tmp_path, tmp_path, "ansible-doc", "-t", "role", modules[0])
    assert "postfix_wizard_answers" in role


def test_ansible_lint_finds_nothing(programs: Path, tree: Path, tmp_path: Path) -> None:
    call(programs, tmp_path, tree, "ansible-lint", "--offline", "--strict")


def test_sanity(programs: Path, tree: Path, tmp_path: Path) -> None:
    cache = tmp_path / ".ansible/test/cache"
    cache.mkdir(parents=True)
    ours = "import site; print(site.getsitepackages()[0])"
    where = subprocess.run(
        [programs / "python", "-c", ours], capture_output=True, text=True, check=True
    )
    (cache / PIP).write_text(GET_PIP.format(where.stdout.strip()))
    tests = [word for one in SANITY for word in ("--test", one)]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    sanity = ("ansible-test", "sanity", "--color", "no", "--python", version)
    call(programs, tmp_path, tree, *sanity, *tests)


def test_ansible_reads_our_yaml_as_it_was_meant(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "vars.yml").write_text(document({"all_of_it": DATA}))
    expression = "{{ all_of_it | to_json(ensure_ascii=true) }}"
    words = (
        "localhost",
        "-m",
        "ansible.builtin.copy",
        "-a",
        f"content='{expression}' dest=out.json",
    )
    call(programs, tmp_path, tmp_path, "ansible", "-e", "@vars.yml", *words)
    assert json.loads((tmp_path / "out.json").read_text()) == DATA
