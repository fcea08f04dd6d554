"""The worker killed at every sync, rename and link of a run: whole files, and a way on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from wizard.plan.actions import KeepOriginal, ReplaceFile
from wizard.plan.certificate_actions import Relink
from wizard.plan.files import Link, NewFile, sha256
from wizard.plan.model import Action, Plan, Step
from wizard.run.journal import read_journal
from wizard.run.path_state import text_state
from wizard.run.paths import Places, make_run
from wizard.run.progress import progress
from wizard.run.records import DONE
from wizard.run.request import write_request
from wizard.run.seals import read_seals
from wizard.run.worker import work

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("strace") is None, reason="needs root and strace"
)

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = b"old\r\n" * 100, b"new\r\n" * 100
MOMENTS = {"fsync": 20, "write": 12, "renameat": 4, "linkat": 1, "symlinkat": 1, "unlinkat": 1}
"""System calls (strace counts each by itself), and how often a run makes them at the least."""


def plan(etc: Path) -> Plan:
    path = str(etc / "main.cf")
    link = Link(str(etc / "cert.pem"), "archive/cert1.pem", f"file:{sha256(OLD)}")
    actions: tuple[Action, ...] = (
        KeepOriginal(path, f"{path}.orig", sha256(OLD)),
        ReplaceFile(NewFile(path, NEW, sha256(OLD))),
        Relink("example.com", (link,)),
    )
    steps = tuple(Step(f"step-{number}", "t", "w", one) for number, one in enumerate(actions))
    return Plan("# answers\n", (), steps, ())


def furnished(top: Path) -> tuple[Places, Path]:
    etc = top / "etc"
    (etc / "archive").mkdir(parents=True)
    (etc / "archive" / "cert1.pem").write_bytes(OLD)
    for name in ("main.cf", "cert.pem"):
        (etc / name).write_bytes(OLD)
    return Places(top / "state", top / "run", etc / "answers.toml"), etc


def killed(places: Places, run: str, call: str, when: int) -> bool:
    """Run the worker and kill it at the `when`th of these system calls; False when it came to its end."""
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path; from wizard.run.paths import Places\n"
        "from wizard.run.worker import work\n"
        f"work(Places(*map(Path, {[str(one) for one in (places.state, places.runtime, places.answers)]!r})), {run!r})"
    )
    inject = f"inject={call}:signal=SIGKILL:when={when}"
    argv = ["strace", "-qq", "-o", "/dev/null", "-e", inject, sys.executable, "-B", "-c", script]
    return subprocess.run(argv, capture_output=True, check=False).returncode != 0


@pytest.mark.promise(1, 8, 9)
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_every_moment_all_is_whole_and_it_goes_on(
    tmp_path: Path, moment: str, record_property: Callable[[str, object], None]
) -> None:
    when = 0
    while True:
        when += 1
        places, etc = furnished(tmp_path / str(when))
        run = make_run(places, time.time())
        write_request(run, plan(etc), attended=False)
        cut = killed(places, run.id, moment, when)
        for name, allowed in (
            ("main.cf", {OLD, NEW}),
            ("main.cf.orig", {OLD, None}),
            ("cert.pem", {OLD}),
        ):
            path = etc / name
            assert (path.read_bytes() if path.exists() else None) in allowed, (when, name)
        if not cut:
            break
        reading = read_journal(run.journal)
        ended = reading is not None and progress(reading.records).finished is not None
        if not ended:
            assert work(places, run.id) == 0, when
        assert (etc / "main.cf").read_bytes() == NEW
        assert (etc / "main.cf.orig").read_bytes() == OLD
        assert str((etc / "cert.pem").readlink()) == "archive/cert1.pem"
        again = read_journal(run.journal)
        assert again is not None
        assert not again.corrupt
        so_far = progress(again.records)
        assert so_far.finished is not None
        assert so_far.finished.outcome == DONE
        files = [
            entry
            for undo in so_far.intended.values()
            for entry in undo.get("files", [])  # type: ignore[attr-defined]
            if entry["path"] != str(places.answers)
        ]
        assert {entry["was"] for entry in files} == {text_state(OLD, read_seals(run.key))}, when
        left = {path.name for path in etc.iterdir()}
        assert left - {"answers.toml"} == {"archive", "cert.pem", "main.cf", "main.cf.orig"}, when
    record_property("count:kill points", when - 1)
    assert when > MOMENTS[moment]
