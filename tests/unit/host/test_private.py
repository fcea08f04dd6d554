"""The private directory goes however its process ends, and so does what ran in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wizard.errors import Trouble
from wizard.host.private import private_directory

ROOT = Path(__file__).parents[3]

OWNER = """
import subprocess, sys
from wizard.host.private import WITH_US, private_directory
with private_directory("testing") as place:
    script = f"echo $$ >{place}/pid; while :; do mkdir -p {place}/more; sleep 0.01; done"
    with subprocess.Popen([*WITH_US, "sh", "-c", script], close_fds=False) as child:
        print(place, flush=True)
        child.wait()
"""


def gone(path: Path) -> bool:
    end = time.monotonic() + 10
    while path.exists() and time.monotonic() < end:
        time.sleep(0.01)
    return not path.exists()


def test_it_is_ours_alone_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with private_directory("testing") as place:
        assert place.stat().st_mode & 0o777 == 0o700
        assert place.parent == tmp_path
        (place / "deep/down").mkdir(parents=True)
    assert not list(tmp_path.iterdir())


def test_where_it_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    with (
        pytest.raises(Trouble, match=r"While testing: .*No such file"),
        private_directory("testing"),
    ):
        pass


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_it_goes_when_a_signal_ends_its_process(tmp_path: Path, number: str) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as owner:
        assert owner.stdout
        place = Path(owner.stdout.readline().strip())
        written = place / "pid"
        while not (written.exists() and written.read_text()):
            time.sleep(0.01)
        child = int(written.read_text())
        owner.send_signal(getattr(signal, number))
        owner.wait(timeout=10)
    assert gone(place)
    assert gone(Path(f"/proc/{child}")), "what wrote there is gone as well"
    assert not list(tmp_path.iterdir())
