"""Try the renewal of each lineage with certbot, without a new certificate (renew --dry-run)."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from wizard.certificates.certbot import PROGRAMS, dry_run
from wizard.certificates.dates import day
from wizard.errors import Trouble
from wizard.finding import RIGHT, UNKNOWN, WARNING, Finding
from wizard.paths import LETSENCRYPT
from wizard.plan.certificate_actions import ProveRenewals, Renewal
from wizard.run import commands
from wizard.run.action_kind import ActionKind
from wizard.run.actions.obtain import ENDS_WITH_US
from wizard.run.certbot import refused
from wizard.run.context import Context, Undo
from wizard.run.records import Found
from wizard.run.sanitize import clean

TIMEOUT_SECONDS = 120.0
"""Time limit for one lineage. A challenge without an answer takes certbot about half a minute."""
TOTAL_SECONDS = 300.0
"""After this time no further lineage is tried."""

_ACCOUNTS = Path(LETSENCRYPT, "accounts")
_MADE_BY_CERTBOT = (
    "accounts",
    "csr",
    "keys",
    "renewal-hooks",
    "renewal-hooks/pre",
    "renewal-hooks/deploy",
    "renewal-hooks/post",
)


def prove_renewals(action: ProveRenewals, context: Context) -> Undo:
    """Try each renewal and record the result. A renewal that fails does not fail the step.

    certbot makes directories of its own, and an account at the server's test service. The account
    is removed again. Undo removes the directories if they are empty.
    """
    undo = context.earlier or context.intend(
        {
            "files": [],
            "directories": [
                f"{LETSENCRYPT}/{name}"
                for name in _MADE_BY_CERTBOT
                if not Path(LETSENCRYPT, name).exists()
            ],
            "accounts": sorted(_accounts()),
        }
    )
    findings = []
    try:
        for finding in _tried(action, context):
            context.say(f"{finding.verdict:8} {finding.looked_at}: {finding.seen}")
            findings.append(finding)
    finally:
        earlier = undo.get("accounts")
        for name in _accounts() - set(earlier if isinstance(earlier, list) else ()):
            shutil.rmtree(_ACCOUNTS / name, ignore_errors=True)
    context.record(Found(tuple(findings)))
    return undo


def _accounts() -> set[str]:
    """Return the servers at which this host has an account."""
    return {path.name for path in _ACCOUNTS.iterdir()} if _ACCOUNTS.is_dir() else set()


def _tried(action: ProveRenewals, context: Context) -> Iterator[Finding]:
    program = next((path for path in PROGRAMS if Path(path).exists()), "")
    missing = "" if program else "certbot is not installed here"
    until = time.monotonic() + TOTAL_SECONDS
    for one in action.renewals:
        why = missing
        if not why and context.stopping():
            why = "the run was asked to stop before it was tried"
        elif not why and time.monotonic() > until:
            why = f"it was not tried: the others took {TOTAL_SECONDS:g} seconds"
        if why:
            yield _finding(one, UNKNOWN, why, "" if program else "Install certbot (EPEL has it).")
        else:
            yield _try(program, one, context)


def _try(program: str, one: Renewal, context: Context) -> Finding:
    if not Path(LETSENCRYPT, "renewal", f"{one.lineage}.conf").is_file():
        return _finding(one, WARNING, "it has no renewal file, so certbot does not renew it")
    argv = (*ENDS_WITH_US, program, *dry_run(one.lineage, one.server)[1:])
    try:
        done = commands.run(argv, context.loop, context.output, patience=TIMEOUT_SECONDS)
    except Trouble as trouble:
        return _finding(one, WARNING, trouble.wrong)
    if done.status == 0:
        return _finding(one, RIGHT, "certbot can renew it here (a dry run)")
    failed = refused("renewing", tuple(clean(done.out + b"\n" + done.err)))
    return _finding(one, WARNING, f"certbot cannot renew it here: {failed.wrong}", failed.advice)


def _finding(one: Renewal, verdict: str, seen: str, advice: str = "") -> Finding:
    when = (
        f"It matters on {day(one.renews_at)}, when certbot renews it. It expires on "
        f"{day(one.not_after)}."
    )
    omitted = f" Left out of this run: {', '.join(one.left_out)}." if one.left_out else ""
    return Finding(
        f"renewal.{one.lineage}",
        f"renewal of {one.lineage}",
        seen,
        "certbot can renew it here",
        verdict,
        "" if verdict == RIGHT else f"{advice} {when}{omitted}".strip(),
        fatal=False,
    )


ACTION_KINDS = (ActionKind(ProveRenewals, prove_renewals),)
