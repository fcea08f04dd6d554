"""The draft's writer killed at every call that changes something: the old draft or the new, never torn."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wizard.drafts.store import DraftStore
from wizard.drafts.stored import StoredDraft
from wizard.run.paths import Places

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("strace") is None, reason="needs root and strace"
)

ROOT = Path(__file__).resolve().parents[2]
MOMENTS = {"write": 1, "fsync": 2, "fchmod": 1, "renameat": 1}
"""System calls, and how often one writer makes them at the least."""
OLD = StoredDraft(1.0, "1-1", texts={"hostname": {"myhostname": "old" * 1000}})
NEXT = StoredDraft(3.0, "1-1", texts={"hostname": {"myhostname": "next"}})
NEW = StoredDraft(2.0, "1-1", texts={"hostname": {"myhostname": "new" * 1000}})


def killed(state: Path, call: str, when: int) -> bool:
    """Write NEW over what is there, and kill the writer at the `when`th call; False at its end."""
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\nfrom tests.crash.test_torn_draft import NEW, DraftStore, Places\n"
        f"DraftStore(Places(Path({str(state)!r})), 'taro', '1-1').keep(NEW)"
    )
    inject = f"inject={call}:signal=SIGKILL:when={when}"
    argv = ["strace", "-qq", "-o", "/dev/null", "-e", inject, sys.executable, "-B", "-c", script]
    return subprocess.run(argv, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_every_moment_a_draft_is_the_old_or_the_new_one(
    tmp_path: Path, moment: str, record_property: Callable[[str, object], None], *, first: bool
) -> None:
    when = 0
    while True:
        when += 1
        state = tmp_path / str(when)
        store = DraftStore(Places(state), "taro", "1-1")
        state.mkdir(0o700)
        if not first:
            store.keep(OLD)
        cut = killed(state, moment, when)
        found = store.read()
        assert found.warning == ""
        assert found.draft in ([None, NEW] if first else [OLD, NEW]), when
        # The next write goes through, and removes what the killed one had begun.
        store.keep(NEXT)
        assert store.read().draft == NEXT
        assert [one.name for one in state.iterdir()] == ["draft.json"]
        if not cut:
            break
    record_property("count:kill points", when - 1)
    assert when > MOMENTS[moment]
