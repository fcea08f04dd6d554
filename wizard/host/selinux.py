"""Read whether SELinux is on: as selinuxenabled(8) does, or from selinux(8)'s file."""

from __future__ import annotations

import re

from wizard.door import Door

MOUNTED = "/sys/fs/selinux/enforce"
CONFIG = "/etc/selinux/config"


def read_selinux(door: Door) -> bool:
    """Return True if SELinux is enforcing or permissive; in another root, if it is configured so."""
    if door.is_live:
        return door.lstat(MOUNTED) is not None
    config = door.read_text(CONFIG) or ""
    return bool(
        re.search(r"^[ \t]*SELINUX[ \t]*=[ \t]*(enforcing|permissive)\b", config, re.MULTILINE)
    )
