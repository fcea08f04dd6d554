"""People's homes and .forward files: where mail that was taken cannot be put."""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.immutable import immutable, mutable
from tests.lab.broken.way import NOTHING, Way

_HOME = "/home/taro"
_MAIL = f"{_HOME}/Maildir"


def _home(
    script: str, mend: str, *cause: str, stops: Optional[bool] = True, settle: str = NOTHING
) -> Way:
    return Way(script, settle=settle, mend=mend, cause=cause, stops=stops)


def _forward(text: str, *cause: str, stops: Optional[bool] = True, more: str = ":") -> Way:
    """Return a way that gives taro a .forward."""
    return Way(
        f"printf '%s\\n' '{text}' >{_HOME}/.forward; chown taro: {_HOME}/.forward; "
        f"chmod 644 {_HOME}/.forward; {more}",
        settle=NOTHING,
        mend=f"rm -f {_HOME}/.forward",
        cause=(f"{_HOME}/\\.forward", *cause),
        stops=stops,
    )


_ASIDE = f"[ ! -e {_MAIL} ] || mv {_MAIL} /srv/broken/Maildir"
_BACK = f"rm -rf {_MAIL}; [ ! -e /srv/broken/Maildir ] || mv /srv/broken/Maildir {_MAIL}"

WAYS = {
    "a home that is not there": _home(
        f"mv {_HOME} {_HOME}.old", f"rm -rf {_HOME}; mv {_HOME}.old {_HOME}", _HOME
    ),
    "a home that is not the user's": _home(
        f"{_ASIDE}; chown root:root {_HOME}", f"{_BACK}; chown taro:taro {_HOME}", _HOME
    ),
    "homes that users cannot reach": _home("chmod 700 /home", "chmod 755 /home", "/home"),
    "a Maildir that is root's": _home(
        f"{_ASIDE}; mkdir -m 700 -p {_MAIL}/cur {_MAIL}/new {_MAIL}/tmp; chmod 700 {_MAIL}",
        _BACK,
        _MAIL,
    ),
    "a file in place of the Maildir": _home(
        f"{_ASIDE}; touch {_MAIL}; chown taro: {_MAIL}", _BACK, _MAIL
    ),
    "a Maildir on a link that leads nowhere": _home(
        f"{_ASIDE}; ln -s /mnt/mail/taro {_MAIL}", _BACK, f"{_MAIL}|/mnt/mail"
    ),
    "an immutable Maildir": _home(
        f"{_ASIDE}; mkdir -p {_MAIL}/cur {_MAIL}/new {_MAIL}/tmp; chown -R taro: {_MAIL}; "
        + immutable(f"{_MAIL}/tmp", f"{_MAIL}/new"),
        f"{mutable(f'{_MAIL}/tmp', f'{_MAIL}/new')}; {_BACK}",
        _MAIL,
        "immutable|chattr",
    ),
    "homes on a read-only mount": _home(
        "cp -a /home /srv/broken/home; mount -t tmpfs -o mode=755 tmpfs /home; "
        "cp -a /srv/broken/home/. /home/; rm -rf /srv/broken/home; mount -o remount,ro /home",
        "umount -l /home",
        "/home",
        "read-only|\\bro\\b",
    ),
    "homes on a disk that is full": _home(
        "cp -a /home /srv/broken/home; mount -t tmpfs -o size=1m,mode=755 tmpfs /home; "
        "cp -a /srv/broken/home/. /home/; rm -rf /srv/broken/home; "
        "dd if=/dev/zero of=/home/big bs=64k status=none 2>/dev/null || :",
        "umount -l /home",
        "/home",
        "space|full|free",
    ),
    "homes on a disk without inodes": _home(
        "cp -a /home /srv/broken/home; mount -t tmpfs -o nr_inodes=400,mode=755 tmpfs /home; "
        "cp -a /srv/broken/home/. /home/; rm -rf /srv/broken/home; "
        "i=0; while touch /home/$i 2>/dev/null; do i=$((i+1)); done",
        "umount -l /home",
        "/home",
        "inode",
    ),
    "mailboxes that everybody may read": _home(
        f"mkdir -p {_MAIL}/cur {_MAIL}/new {_MAIL}/tmp; chown -R taro: {_MAIL}; "
        f"chmod -R a+rX {_HOME}",
        f"chmod 755 {_HOME}; chmod -R go= {_MAIL}",
        _MAIL,
        "read|mode",
        stops=False,
    ),
    "a home that anybody may write": _home(
        f"chmod 777 {_HOME}", f"chmod 755 {_HOME}", _HOME, "write|writable|mode", stops=None
    ),
    "a .forward to nobody": _forward("missing@zeke.ne.jp", "missing"),
    "a .forward to a domain that is gone": _forward("taro@gone.example", "gone\\.example"),
    "a .forward through a program that is not there": _forward(
        '"|/usr/bin/procmail -d taro"', "/usr/bin/procmail"
    ),
    "a .forward into a file that cannot be written": _forward(
        "/var/archive/taro.mbox", "/var/archive/taro\\.mbox"
    ),
    "a .forward that anybody may write": _forward(
        "taro@stranger.example",
        "write|writable|mode",
        more=f"chmod 666 {_HOME}/.forward",
        stops=None,
    ),
    "a .forward of another user": _forward(
        "taro@stranger.example", "\\bown", more=f"chown named {_HOME}/.forward", stops=None
    ),
    "a .forward that throws all away": _forward("/dev/null", "/dev/null"),
}
