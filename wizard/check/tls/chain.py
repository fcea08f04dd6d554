"""Check that others can verify the served chain, and that the key is secret (openssl-verify(1))."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from wizard.check.commands import CommandResult, start_command
from wizard.check.tls.certificate import on_disk
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding
from wizard.postfix.served import KEYS
from wizard.postfix.settings import Settings

_SIGNED_BY_ITSELF = re.compile(rb"\berror 1[89] at ")
"""X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT and the same in a chain; their texts change."""


def begin_chain(door: Door, path: str) -> Callable[[], Iterator[Finding]]:
    """Start to verify a file's chain; call the result to wait for `certificate.chain`.

    Another finding checks its lifetime.
    """
    if not on_disk(door, (path,)):
        return lambda: iter(())  # no certificate, which another finding reports
    argv = ("openssl", "verify", "-no_check_time", "-untrusted", path, path)
    pending = start_command(door, argv)
    return lambda: _judge(path, pending())


def _judge(path: str, result: CommandResult) -> Iterator[Finding]:
    if result.why:
        return
    check = Check(
        "certificate.chain",
        "certificate: its chain",
        "a chain that others can follow",
        fatal=False,
    )
    if result.outcome.code == 0:
        yield check.right("leads to a root that this host trusts")
    elif _SIGNED_BY_ITSELF.search(result.outcome.stdout + result.outcome.stderr):
        yield check.warning(
            "signed by itself",
            "Others do not trust it: issue one that they do, by certbot for instance.",
        )
    else:
        yield check.warning(
            "it does not lead to a root that this host trusts",
            f"Serve fullchain.pem, with the issuer's certificate in it, in place of {path}.",
        )


def judge_key(door: Door, settings: Settings) -> Iterator[Finding]:
    """`certificate.key`: only root and a group may read a key file."""
    paths = [path for name in KEYS for path in settings.words(name) if path.startswith("/")]
    if not paths:
        return
    try:
        bare = [path for path in paths if _others_may_read(door, path)]
    except (OSError, Trouble):
        return
    check = Check("certificate.key", "certificate: its key", "readable for root alone", fatal=False)
    if bare:
        advice = f"Run `chmod 600 {bare[0]}`, and issue a new one: others may have read it."
        yield check.warning(f"everybody may read {bare[0]}", advice)
    else:
        yield check.right("kept from others")


def _others_may_read(door: Door, path: str) -> bool:
    real = Path(path).resolve()
    above = [door.stat(str(one)) for one in real.parents]
    status = door.stat(str(real))
    return (
        status is not None
        and bool(status.st_mode & stat.S_IROTH)
        and all(one is not None and one.st_mode & stat.S_IXOTH for one in above)
    )
