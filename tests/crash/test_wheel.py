"""The wheel: pip installs it, and the program works from there, with its templates and styles."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import wizard
from lab.stock import stock_files

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of a clone, next to the source distribution."""
    place = tmp_path_factory.mktemp("wheel")
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place / "clone")], check=True)
    subprocess.run([place / "clone/scripts/wheel", place / "dist"], check=True)
    return next((place / "dist").glob("*.whl"))


def test_it_has_all_files_of_the_program_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    git = ["git", "-C", str(ROOT), "ls-files", "wizard", "screens", "templates"]
    ours = subprocess.run(git, capture_output=True, text=True, check=True).stdout.split()
    assert names == {*ours, "wizard/COMMIT"}
    assert f"-{wizard.__version__}-" in wheel.name
    assert (wheel.parent / f"postfix_wizard-{wizard.__version__}.tar.gz").exists()


@pytest.mark.slow
def test_pip_installs_it_and_it_makes_a_plan(wheel: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [str(venv / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(pip, check=True)
    program = venv / "bin/postfix-wizard"

    def said(*words: str) -> str:
        done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        assert done.returncode in {0, 2}, done.stderr
        return done.stdout

    assert said("--version") == f"postfix-wizard {wizard.__version__}\n"
    assert "(commit " in said("--version", "--verbose")
    etc = tmp_path / "root/etc/postfix"
    etc.mkdir(parents=True)
    for file in stock_files("el9").iterdir():
        (etc / file.name).write_bytes(file.read_bytes())
    answers = tmp_path / "answers.toml"
    answers.write_text(
        '[hostname]\nmyhostname = "mail.example.com"\n[certificate]\nsource = "self-signed"\n'
    )
    answers.chmod(0o600)
    assert "+myhostname = " in said(
        "plan", "--answers", str(answers), "--root", str(tmp_path / "root")
    )
