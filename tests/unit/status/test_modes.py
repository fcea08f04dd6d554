"""Owners and modes that a run did not leave."""

from __future__ import annotations

import pytest

from wizard.paths import MAIN_CF, RENEWAL_HOOK
from wizard.run.files import FileSnapshot, Metadata
from wizard.status.collect import mode_fault


@pytest.mark.parametrize(
    ("path", "uid", "mode", "fault", "advice"),
    [
        (MAIN_CF, 0, 0o644, "", ""),
        (MAIN_CF, 1000, 0o644, "UID 1000", "chown root"),
        (MAIN_CF, 0, 0o664, "others than root", "chmod go-w"),
        (RENEWAL_HOOK, 0, 0o755, "", ""),
        (RENEWAL_HOOK, 0, 0o644, "cannot be executed", "chmod 755"),
        (RENEWAL_HOOK, 0, 0o777, "others than root", "chmod go-w"),
    ],
)
def test_modes(path: str, uid: int, mode: int, fault: str, advice: str) -> None:
    file = FileSnapshot(path, b"", Metadata(uid, 0, mode, 0, 0), (0, 0, 0, 0))
    seen, told = mode_fault(path, file)
    assert fault in seen
    assert advice in told
    assert bool(seen) == bool(fault)
