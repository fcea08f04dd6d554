"""Whether SELinux is on: selinuxenabled(8)'s own test, and selinux(8)'s file elsewhere."""

from __future__ import annotations

import re

from wizard.door import Door

MOUNTED = "/sys/fs/selinux/enforce"
CONFIG = "/etc/selinux/config"


def read_selinux(door: Door) -> bool:
    """Return whether SELinux is enforcing or permissive, in another root: is set to be."""
    if door.is_live:
        return door.lstat(MOUNTED) is not None
    config = door.read_text(CONFIG) or ""
    return bool(
        re.search(r"^[ \t]*SELINUX[ \t]*=[ \t]*(enforcing|permissive)\b", config, re.MULTILINE)
    )
