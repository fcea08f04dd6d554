"""Check that the keys of the certificates are secret (postconf(5), smtpd_tls_key_file)."""

from __future__ import annotations

import pwd
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Cure, Finding
from wizard.host.dovecot import FIRST_USER, LAST_USER
from wizard.postfix.served import CERTIFICATES, KEYS
from wizard.postfix.settings import Settings
from wizard.text import printable

_KEY = b"PRIVATE KEY-----"


def judge_key(door: Door, settings: Iterable[Settings]) -> Iterator[Finding]:
    """`certificate.key`: only root and a group may read a key file, of main.cf and of each port."""
    settings = tuple(settings)
    paths = _paths(settings, KEYS)
    others = [path for path in _paths(settings, CERTIFICATES) if path not in paths]
    if not paths:
        return
    try:
        bare = [path for path in paths if _others_may_read(door, path)]
        owned = [one for path in (*paths, *others) for one in _of_people(door, path)]
        twice = [path for path in others if _KEY in (door.read_bytes(path) or b"")]
    except (OSError, Trouble):
        return
    check = Check("certificate.key", "certificate: its key", "readable for root alone", fatal=False)
    if bare:
        advice = f"Run `chmod 600 {bare[0]}`, and issue a new one: others may have read it."
        cured_by = Cure(tuple(("chmod", "600", one) for one in bare))
        yield check.warning(f"everybody may read {bare[0]}", advice, cured_by)
    elif twice:
        advice = f"Take the key out of {twice[0]}: files of certificates are given to everybody."
        yield check.warning(f"a private key is in {twice[0]}", advice)
    elif owned:
        path, uid = owned[0]
        argv = ("chown", "-h", "root", path)
        yield check.warning(
            printable(f"{_name(uid)} owns {path}, and may put another key or certificate there"),
            printable(f"`{' '.join(argv)}`, if that is not wanted."),
            Cure((argv,)),
        )
    else:
        yield check.right("kept from others")


def _paths(settings: Iterable[Settings], names: Iterable[str]) -> list[str]:
    """Return the files that these parameters name in any of the settings, each once."""
    named = [path for one in settings for name in names for path in one.words(name)]
    return [path for path in dict.fromkeys(named) if path.startswith("/")]


def _of_people(door: Door, path: str) -> list[tuple[str, int]]:
    """Return the file and the directories above it that a person owns, each with the owner."""
    real = Path(path).resolve()
    stats = ((str(one), door.stat(str(one))) for one in (*reversed(real.parents), real))
    return [
        (one, status.st_uid)
        for one, status in stats
        if status is not None and FIRST_USER <= status.st_uid <= LAST_USER
    ]


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _others_may_read(door: Door, path: str) -> bool:
    real = Path(path).resolve()
    above = [door.stat(str(one)) for one in real.parents]
    status = door.stat(str(real))
    return (
        status is not None
        and bool(status.st_mode & stat.S_IROTH)
        and all(one is not None and one.st_mode & stat.S_IXOTH for one in above)
    )
