"""certbot as a layer between the Debian tree and the house: of the suite's own release, EPEL's units."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable, ContextManager

from lab import debs, store
from lab.shell import run_in_tree
from lab.suites import Suite

_HERE = Path(__file__).resolve().parent

_DEBIAN_ONLY = (
    "etc/cron.d/certbot",
    "etc/logrotate.d/certbot",
    "etc/letsencrypt",
    "etc/systemd/system/timers.target.wants/certbot.timer",
    "usr/lib/systemd/system/certbot.service",
    "usr/lib/systemd/system/certbot.timer",
    "var/lib/systemd/deb-systemd-helper-enabled",
)
_UNITS = {
    "certbot-renew.service": (
        "[Unit]\nDescription=This service automatically renews any certbot certificates found\n\n"
        "[Service]\nType=oneshot\nExecStart=/usr/bin/certbot renew --noninteractive "
        "--no-random-sleep-on-renew\n"
    ),
    "certbot-renew.timer": (
        "[Unit]\nDescription=This is the timer to set the schedule for automated renewals\n\n"
        "[Timer]\nOnCalendar=*-*-* 00/12:00:00\nRandomizedDelaySec=12hours\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    ),
}
"""Not enabled by themselves, as EPEL's are not."""

Overlay = Callable[[Path, Path], ContextManager[Path]]


def layer(suite: Suite, debian: Path, overlay: Overlay) -> Path:
    """Return the tree to stack upon `debian`/root; `overlay` mounts a writable view of a tree."""
    recipe = store.digest(debian.name, files=[_HERE / "certbot.py", _HERE / "debs.py"])
    built = store.layer(
        f"certbot-{suite.name}", recipe, lambda to: _build(suite, debian, to, overlay)
    )
    return built / "tree"


def _build(suite: Suite, debian: Path, to: Path, overlay: Overlay) -> None:
    store.say(f"installing certbot for {suite.name}")
    fetched = to / "debs"
    fetched.mkdir()
    debs.download(suite.debian, ["certbot"], fetched, onto=debian / "root")
    with overlay(debian / "root", to) as root:
        packages = root / "srv/debs"
        shutil.copytree(fetched, packages)
        names = [f"/srv/debs/{deb.name}" for deb in sorted(packages.glob("*.deb"))]
        install = ["dpkg", "--install", "--force-confold", *names]
        run_in_tree(root, ["env", "DEBIAN_FRONTEND=noninteractive", *install])
        shutil.rmtree(packages)
        for name in _DEBIAN_ONLY:
            path = root / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        for name, text in _UNITS.items():
            (root / "usr/lib/systemd/system" / name).write_text(text)
    shutil.rmtree(fetched)
