"""Each build of one commit has the same bytes: whoever builds it, where, and from which kind of source."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Callable

import pytest

ROOT = Path(__file__).parents[2]
STRANGER = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")


def clone(place: Path, wheels: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)
    shutil.copytree(wheels, place / ".cache" / wheels.name)


def source_package(place: Path, wheels: Path) -> None:
    """Make what a source package has: no history, the wheels in vendor/."""
    place.mkdir()
    shutil.copytree(wheels, place / "vendor")
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "HEAD"], stdout=subprocess.PIPE, check=True
    )
    subprocess.run(["tar", "-x", "-C", str(place)], input=archive.stdout, check=True)


def build(place: Path, *before: str, umask: int = 0o022, **environment: str) -> bytes:
    """Call scripts/build and return the one file."""
    subprocess.run(
        [*before, str(place / "scripts/build")],
        env={"PATH": os.environ["PATH"], "HOME": str(place), **environment},
        umask=umask,
        stdout=subprocess.PIPE,
        check=True,
    )
    return (place / "dist/postfix-wizard.pyz").read_bytes()


@pytest.fixture(scope="module")
def wheels() -> Path:
    done = subprocess.run(
        [ROOT / "scripts/dependencies"], stdout=subprocess.PIPE, text=True, check=True
    )
    return ROOT / done.stdout.strip()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    """Return a clone in which the one file was built."""
    place = tmp_path_factory.mktemp("first") / "clone"
    clone(place, wheels)
    build(place)
    return place


def of_another_user(place: Path) -> list[str]:
    """Give the source to another user, who builds it; return the words before the command."""
    for one in (place, *place.rglob("*")):
        os.chown(one, STRANGER, STRANGER, follow_symlinks=False)
    for one in place.parents:
        if Path(tempfile.gettempdir()) in one.parents:
            one.chmod(0o755)
    return ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]


@needs_root
@pytest.mark.parametrize("get", [clone, source_package])
def test_another_build_has_the_same_bytes(
    tmp_path: Path, first: Path, wheels: Path, get: Callable[[Path, Path], None]
) -> None:
    """In another folder, by another user, with another umask, time zone and locale."""
    place = tmp_path / "a folder of Günther's"
    get(place, wheels)
    before = of_another_user(place)
    made = build(
        place, *before, umask=0o077, TZ="Asia/Tokyo", LC_ALL="C", PYTHONHASHSEED="7", SOURCE="x"
    )
    expected = (first / "dist/postfix-wizard.pyz").read_bytes()
    assert hashlib.sha256(made).hexdigest() == hashlib.sha256(expected).hexdigest()


@needs_root
def test_root_builds_the_same_of_a_clone_of_another_user(
    tmp_path: Path, first: Path, wheels: Path
) -> None:
    """Where git calls its ownership dubious, and says nothing of the commit."""
    place = tmp_path / "clone"
    clone(place, wheels)
    of_another_user(place)
    assert build(place) == (first / "dist/postfix-wizard.pyz").read_bytes()


def test_a_changed_source_says_so(tmp_path: Path, first: Path) -> None:
    place = tmp_path / "clone"
    shutil.copytree(first, place, symlinks=True)
    with (place / "wizard/text.py").open("a") as file:
        file.write("# changed\n")
    build(place)
    assert (place / ".cache/stage/wizard/COMMIT").read_text().endswith("-changed\n")


def test_a_wheel_that_is_not_of_the_lock_is_refused(tmp_path: Path, first: Path) -> None:
    place = tmp_path / "clone"
    shutil.copytree(first, place, symlinks=True)
    wheel = next((place / ".cache").glob("wheels-*/tomlkit-*.whl"))
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("tomlkit/planted.py", "")
    done = subprocess.run([place / "scripts/build"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the wheel of tomlkit has no hash of requirements/runtime.txt" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_has_the_licence_of_all_that_it_bundles(first: Path) -> None:
    stage = first / ".cache/stage"
    listed = json.loads((stage / "wizard/components.cdx.json").read_text())
    names = [one["name"] for one in listed["components"]]
    assert {"textual", "rich", "jinja2", "markupsafe", "tomlkit", "typing-extensions"} <= {*names}
    assert "pygments" not in names, "it is not packed"
    for name in names:
        texts = [one for one in (stage / "licenses" / name).iterdir() if one.stat().st_size > 500]
        assert texts, name
    assert (stage / "LICENSE").read_bytes() == (first / "LICENSE").read_bytes()
    assert [one.name for one in stage.rglob("*.dist-info")] == []


def test_it_says_what_it_is_made_of(first: Path) -> None:
    program = [sys.executable, "-m", "screens", "--version", "--verbose"]
    done = subprocess.run(
        program, cwd=first / ".cache/stage", capture_output=True, text=True, check=True
    )
    head = ["git", "-C", str(first), "rev-parse", "HEAD"]
    commit = subprocess.run(head, capture_output=True, text=True, check=True).stdout.strip()
    lock = hashlib.sha256((first / "requirements/runtime.txt").read_bytes()).hexdigest()[:16]
    lines = done.stdout.splitlines()
    assert lines[0].startswith("postfix-wizard ")
    assert lines[1:3] == [f"commit: {commit}", f"lock: {lock}"]
    assert "textual 8.2.8: MIT" in lines
    assert "typing-extensions 4.16.0: PSF-2.0" in lines
