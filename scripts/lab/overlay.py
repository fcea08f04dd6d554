"""Overlay mounts: a tree upon trees that are only read (mount(8), Linux's overlayfs)."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

from lab.shell import LabError, run


def mount_overlay(lowers: Sequence[Path], upper: Path, work: Path, merged: Path) -> None:
    """Mount `lowers`, topmost first, at `merged`; what is written goes to `upper`.

    Raises `LabError`, with the reason where it is the usual one: an overlay takes no overlay.
    """
    stack = ":".join(str(path) for path in lowers)
    options = f"lowerdir={stack},upperdir={upper},workdir={work}"
    try:
        run(["mount", "-t", "overlay", "overlay", "-o", options, merged])
    except LabError as error:
        kind = run(["stat", "-f", "-c", "%T", upper]).strip()
        if kind != "overlayfs":
            raise
        raise LabError(
            f"{upper} lies on an overlay itself, as everything in most containers does, and none "
            "can be laid upon it: give the container volumes at /var/lib/postfix-wizard-lab and "
            f"/var/cache/postfix-wizard-lab ({error})"
        ) from error
