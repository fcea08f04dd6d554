"""Which distribution this is: os-release(5), read by the `distro` package."""

from __future__ import annotations

import re
from typing import Optional

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import Distribution

EL_FAMILY = frozenset({"rhel", "centos", "almalinux", "rocky", "ol"})
"""ID or ID_LIKE in os-release of Enterprise Linux and its rebuilds."""

SERVED = ("9", "10")
"""Major releases that the policy was tested on."""

OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")

LARGEST = 16384
"""Bytes of os-release; the time of `distro` grows with the square of the size."""

REDHAT_RELEASE = "/etc/redhat-release"
"""One line, such as `Rocky Linux release 9.4 (Blue Onyx)`; all of the family have it."""


def read_distribution(door: Door) -> Distribution:
    """Read os-release, else redhat-release; if neither can be parsed, all fields are empty.

    A copied /etc has only the latter, since EL's /etc/os-release is a link to /usr/lib.
    """
    path = next((path for path in OS_RELEASE if _text(door, path)), None)
    if path is None:
        return _of_redhat_release((door.read_text(REDHAT_RELEASE) or "").strip())
    import distro  # noqa: PLC0415 - the worker reads no os-release, and the imports of a start cost time

    release = distro.LinuxDistribution(
        include_lsb=False,
        include_uname=False,
        include_oslevel=False,
        os_release_file=door.locate(path),
    )
    try:
        identity = release.os_release_attr("id").lower()
    except ValueError:  # a quote that nothing closes
        return Distribution("", (), "", "", is_el=False)
    like = tuple(release.os_release_attr("id_like").lower().split())
    version = release.os_release_attr("version_id")
    return Distribution(
        identity,
        like,
        release.os_release_attr("pretty_name") or release.os_release_attr("name"),
        version,
        is_el=not EL_FAMILY.isdisjoint({identity, *like}) and major(version) in SERVED,
    )


def _text(door: Door, path: str) -> Optional[bytes]:
    """Return the file's bytes. Raises Trouble where it is larger than LARGEST."""
    text = door.read_bytes(path)
    if text is not None and len(text) > LARGEST:
        raise Trouble(
            f"reading {path}",
            f"it has {len(text)} bytes, and os-release(5) needs fewer than {LARGEST}",
            "Put the distribution's own file back: `dnf reinstall '*-release'`.",
        )
    return text


def major(version: str) -> str:
    """Return the major release of a VERSION_ID: 9 of 9.4."""
    return version.partition(".")[0]


def _of_redhat_release(line: str) -> Distribution:
    release = re.fullmatch(r"(.+) release ([0-9.]+)\b.*", line)
    if release is None:
        return Distribution("", (), "", "", is_el=False)
    like = () if release[1] == "Fedora" else ("rhel",)
    version = release[2].rstrip(".")
    return Distribution("", like, line, version, is_el=bool(like) and major(version) in SERVED)
