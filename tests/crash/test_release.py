"""scripts/release begins only with a tag that is the version, and with changes to tell of."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from wizard import __version__

ROOT = Path(__file__).parents[2]
TAG = f"v{__version__}"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("release") / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)
    (place / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n")
    git = ["git", "-C", str(place), "-c", "user.name=test", "-c", "user.email=test@example.com"]
    subprocess.run([*git, "commit", "--quiet", "--all", "--message", "test"], check=True)
    for tag in (TAG, "v0.0.1"):
        subprocess.run([*git, "tag", "--force", tag], check=True)
    return place


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 64, "write the tag: scripts/release v1.0.0"),
        ([TAG, "--sign"], 64, "write the tag"),
        (["v3"], 65, "there is no tag v3. Make it: git tag v3"),
        (["v0.0.1"], 65, f"the tag is v0.0.1, and wizard/__init__.py says {__version__}."),
        ([TAG], 65, f'CHANGELOG.md has no changes below "## {__version__}".'),
    ],
)
def test_what_is_no_release(clone: Path, words: list[str], code: int, said: str) -> None:
    argv = [str(clone / "scripts/release"), *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert said in done.stderr
    assert not (clone / "dist").exists()


def test_a_branch_with_the_name_of_the_tag_is_not_released(clone: Path) -> None:
    git = ["git", "-C", str(clone), "-c", "user.name=test", "-c", "user.email=test@example.com"]
    subprocess.run([*git, "checkout", "--quiet", "-b", TAG], check=True)
    try:
        (clone / "wizard/__init__.py").write_text('__version__ = "9.9.9"\n')
        subprocess.run([*git, "commit", "--quiet", "--all", "--message", "branch"], check=True)
        argv = [str(clone / "scripts/release"), TAG]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    finally:
        subprocess.run([*git, "checkout", "--quiet", "--detach", f"refs/tags/{TAG}"], check=True)
        subprocess.run([*git, "branch", "--quiet", "-D", TAG], check=True)
    assert f'no changes below "## {__version__}"' in done.stderr
