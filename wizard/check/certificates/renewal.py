"""Check that something renews the certificate on disk: certbot, or another ACME client."""

from __future__ import annotations

import configparser
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.certificates.certbot import PROGRAMS
from wizard.certificates.lineage import name_problem
from wizard.check.certificates.hooks import CLI_INIS, NO, cli_options
from wizard.check.certificates.jobs import CERTBOT, Job
from wizard.check.certificates.obstacles import (
    ALL_KNOWN,
    Unknown,
    unknown_to_certbot,
    web_server_at_boot,
)
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding
from wizard.paths import LETSENCRYPT, LINEAGES
from wizard.text import printable

_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/snap/bin")
HTTP = 80
ACME_SH = "/root/.acme.sh"
MIN_DAYS = 7
"""Days before the end at which certbot has to begin, so that several tries can fail."""
_DAYS = re.compile(r"\s*(\d+)\s*days?\s*")
_ARCHIVE = f"{LETSENCRYPT}/archive/"
_STAGING = "staging"
_ACTS = re.compile(r"(?<![\w-])(renew|certonly|run)(?![\w-])")
_OTHER_NAME = re.compile(r"--cert-name[= ]+['\"]?([\w.*-]+)")
_HOOKS = ("pre_hook", "post_hook", "renew_hook")


@dataclass(frozen=True)
class Renewal:
    """What renews a lineage: `text` is its renewal/NAME.conf, None if there is none.

    `has_certbot` is True if the program was found. `jobs` are what runs an ACME client by itself,
    `timer` what to do with certbot's timer. `trials` is what has certbot use a server for trials.
    `there` has the web roots, credentials and
    programs of hooks in the conf that exist. `unknown` is what this certbot does not
    know. `web_server` takes port 80 at the next boot.
    """

    name: str
    text: Optional[str]
    has_certbot: bool
    jobs: tuple[Job, ...]
    timer: str = ""
    trials: str = ""
    there: frozenset[str] = frozenset()
    unknown: Unknown = ALL_KNOWN
    web_server: str = ""


def lineage_of(path: str) -> str:
    """Return the lineage of a certificate's path, "" for none."""
    if not path.startswith(f"{LINEAGES}/"):
        return ""
    name = path[len(LINEAGES) + 1 :].partition("/")[0]
    return "" if name_problem(name) else name


def read_renewal(
    door: Door,
    name: str,
    jobs: Sequence[Job] = (),
    timer: str = "",
) -> Renewal:
    """Read what renews a lineage; `jobs` run an ACME client by themselves. Raises Trouble."""
    text = door.read_text(f"{LETSENCRYPT}/renewal/{name}.conf")
    said = parameters(text or "")
    programs = {word for word in _programs(said) if _is_there(door, word)}
    return Renewal(
        name,
        text,
        any(door.stat(path) is not None for path in PROGRAMS),
        tuple(jobs),
        timer,
        _trials(door, name, said),
        frozenset(path for path in _named(said) if door.stat(path) is not None) | programs,
        unknown_to_certbot(door, said.get("authenticator", "")),
        web_server_at_boot(door),
    )


def parameters(text: str) -> Mapping[str, str]:
    """Return the [renewalparams] of a renewal conf; empty if it cannot be parsed.

    The lines before the first section name the lineage's files and are ignored.
    """
    return _section(text, "renewalparams")


def archive_of(text: str) -> str:
    """Return the directory of archive/ that a renewal conf names, "" for none."""
    return _section(text, "files").get("archive_dir", "").strip()


def _section(text: str, name: str) -> Mapping[str, str]:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    try:
        parser.read_string("[files]\n" + text)
    except configparser.Error:
        return {}
    return dict(parser[name]) if parser.has_section(name) else {}


def _named(said: Mapping[str, str]) -> tuple[str, ...]:
    """Return the paths that an authenticator needs: web roots and credentials."""
    roots = [path.strip() for path in said.get("webroot_path", "").split(",")]
    credentials = [value for name, value in said.items() if name.endswith("_credentials")]
    return tuple(path for path in (*roots, *credentials) if path.startswith("/"))


def _programs(said: Mapping[str, str]) -> tuple[str, ...]:
    """Return the programs of the hooks. certbot does not begin a renewal if one is missing."""
    words = [said.get(name, "").split(None, 1)[:1] for name in _HOOKS]
    return tuple(word[0] for word in words if word and word[0] != "None")


def _trials(door: Door, name: str, said: Mapping[str, str]) -> str:
    """Return what names Let's Encrypt's staging server, "" for nothing."""
    if _STAGING in said.get("server", ""):
        return f"server in {LETSENCRYPT}/renewal/{name}.conf ({said['server']})"
    for path in CLI_INIS:
        options = cli_options(door, path)
        for key in ("staging", "test_cert"):
            if options.get(key, "false").lower() not in NO:
                return f"{key} in {path}"
        if _STAGING in options.get("server", ""):
            return f"server in {path} ({options['server']})"
    return ""


def _is_there(door: Door, program: str) -> bool:
    paths = [program] if "/" in program else [f"{directory}/{program}" for directory in _PATH]
    return any(door.stat(path) is not None for path in paths)


def judge_renewal(
    renewal: Renewal, listeners: Mapping[int, str], open_services: Optional[Collection[str]]
) -> Finding:
    """`certificate.renewal`: only a warning, because nothing fails yet.

    `listeners` has the program by port. `open_services` are those of the firewall's zone, None if
    they are unknown.
    """
    check = check_of(renewal.name)
    problem, advice = _problem(renewal, listeners, open_services)
    if problem:
        return check.warning(printable(problem), advice)
    if renewal.unknown.why:
        return check.unknown(printable(f"which options certbot has: {renewal.unknown.why}"))
    authenticator = parameters(renewal.text or "").get("authenticator", "")
    mine = [job for job in renewal.jobs if renews(job, renewal.name)]
    seen = f"certbot by {authenticator}, {', '.join(dict.fromkeys(job.where for job in mine))}"
    if not any(job.is_running for job in mine):
        why = f"{seen}, and no cron daemon was seen that would run it"
        return check.finding(
            "unknown",
            f"not known: {printable(why)}",
            "`systemctl enable --now crond`, if cron is to run it.",
        )
    return check.right(printable(seen))


def check_of(name: str) -> Check:
    """Return the check that certbot renews a lineage."""
    expected = f"certbot renews {name} here"
    return Check("certificate.renewal", "certificate: renewal", expected, fatal=False)


def renews(job: Job, name: str) -> bool:
    """True if a job has certbot renew this lineage: not another one, and not as a dry run.

    certbot's files are root's, so that a job of another user renews nothing.
    """
    if job.client != CERTBOT or job.user:
        return False
    for line in job.text.splitlines():
        others = _OTHER_NAME.findall(line)
        acts = CERTBOT in line and _ACTS.search(line) and "--dry-run" not in line
        if acts and (not others or name in others):
            return True
    return False


def _problem(
    renewal: Renewal, listeners: Mapping[int, str], open_services: Optional[Collection[str]]
) -> tuple[str, str]:
    """Return why certbot does not renew it, and the advice, or two empty texts."""
    conf = f"{LETSENCRYPT}/renewal/{renewal.name}.conf"
    said = parameters(renewal.text or "")
    authenticator = said.get("authenticator", "")
    absent = [path for path in (*_named(said), *_programs(said)) if path not in renewal.there]
    is_by_http = authenticator in {"standalone", "webroot"}
    is_closed = open_services is not None and "http" not in open_services
    dry_run = "`certbot renew --dry-run` tells more."
    mine = [job for job in renewal.jobs if renews(job, renewal.name)]
    certbots = [job for job in renewal.jobs if job.client == CERTBOT]
    timer = f"{renewal.timer} {dry_run}" if "runs:" in renewal.timer else renewal.timer
    late = _DAYS.fullmatch(_section(renewal.text or "", "files").get("renew_before_expiry", ""))
    weak = all(job.fault for job in mine)
    faults = (
        (
            not renewal.has_certbot and not certbots,
            "certbot was not found, and no timer or cron job runs it",
            (
                "Install certbot (EPEL has it), or renew it elsewhere and copy it here. If it is "
                "installed, `find / -xdev -name certbot` tells where; then let a timer run it."
            ),
        ),
        (
            renewal.text is None,
            f"there is no {conf}",
            f"Issue it here: certbot certonly --cert-name {renewal.name}",
        ),
        (not authenticator, f"{conf} names no authenticator", dry_run),
        (
            said.get("autorenew", "").strip().lower() == "false",
            f"{conf} has autorenew = False",
            (
                f"Take it out, or `certbot reconfigure --cert-name {renewal.name}`: certbot "
                "passes over it."
            ),
        ),
        (
            not certbots,
            "no timer and no cron job runs certbot",
            timer or "Let a systemd timer or cron run `certbot renew -q` twice a day.",
        ),
        (
            not mine,
            (
                f"{', '.join(job.where for job in certbots)} does not renew {renewal.name}: "
                f"{'; '.join(_called(job) for job in certbots)}"
            ),
            timer or f"Let it run `certbot renew -q`, without --dry-run and --cert-name. {dry_run}",
        ),
        (
            bool(mine) and weak,
            "; ".join(job.fault for job in mine),
            f"{mine[0].advice if mine else ''} {dry_run}",
        ),
        (
            bool(renewal.trials),
            f"{renewal.trials}: certbot renews from a server for trials, which nobody trusts",
            f"Name Let's Encrypt's own server: `certbot reconfigure --cert-name {renewal.name}`.",
        ),
        (
            late is not None and int(late[1]) < MIN_DAYS,
            f"{conf} has renew_before_expiry = {late[0] if late else ''}",
            "Take it out: certbot then renews in the last third of the lifetime.",
        ),
        (bool(renewal.unknown.seen), renewal.unknown.seen, renewal.unknown.advice),
        (bool(absent), f"{conf} names {', '.join(absent)}, which is not there", dry_run),
        (
            authenticator == "manual" and "manual_auth_hook" not in said,
            "its authenticator is manual",
            "Somebody must renew it by hand, or issue it anew.",
        ),
        (
            authenticator == "standalone" and HTTP in listeners,
            f"its authenticator needs port 80, which {listeners.get(HTTP, '')} holds",
            f"Issue it by webroot instead. {dry_run}",
        ),
        (
            authenticator == "standalone" and bool(renewal.web_server) and "pre_hook" not in said,
            f"its authenticator needs port 80, which {renewal.web_server}.service takes at the next boot",
            f"`systemctl disable {renewal.web_server}`, or issue it by webroot. {dry_run}",
        ),
        (
            is_by_http and is_closed and "pre_hook" not in said,
            "port 80 is closed in the firewall, through which it is proven",
            "Open http in the zone, or give certbot a pre- and a post-hook that do.",
        ),
    )
    return next(((what, advice) for applies, what, advice in faults if applies), ("", ""))


def _called(job: Job) -> str:
    return f"{job.command} (as {job.user})" if job.user else job.command


def judge_other(
    door: Door, path: str, jobs: Sequence[Job], copies: Sequence[str]
) -> Iterator[Finding]:
    """`certificate.renewal` of a file that is in no lineage. `copies` are lineages with its leaf."""
    check = Check(
        "certificate.renewal", "certificate: renewal", f"something renews {path}", fatal=False
    )
    if path.startswith(_ARCHIVE):
        name = path[len(_ARCHIVE) :].partition("/")[0]
        yield check.warning(
            f"{path} is one numbered file: Postfix serves it whatever certbot renews",
            f"Name {LINEAGES}/{name}/fullchain.pem and privkey.pem in main.cf; reload.",
        )
        return
    of_acme_sh = [job for job in jobs if job.client == "acme.sh" and not job.user]
    if of_acme_sh and path in _installed_by_acme_sh(door):
        yield check.right(f"acme.sh, {of_acme_sh[0].where}")
    elif copies:
        yield check.unknown(
            f"it is a copy of {LINEAGES}/{copies[0]}: whether something copies it after a renewal is "
            "not to be seen from here"
        )
    elif jobs:
        listed = ", ".join(f"{job.client} ({job.where})" for job in jobs)
        yield check.unknown(
            f"{printable(listed)} runs here; whether it renews {path} is not to be seen"
        )
    else:
        yield check.finding(
            "unknown",
            "not known: no timer and no cron job runs a known ACME client",
            f"Whoever issued {path} knows; `grep -rs {path} /etc /root/.acme.sh` may tell.",
        )


def _installed_by_acme_sh(door: Door) -> frozenset[str]:
    """Return the files that acme.sh writes after each renewal (its --install-cert)."""
    found: set[str] = set()
    try:
        for directory in door.list_dir(ACME_SH) or ():
            name = directory.removesuffix("_ecc")
            text = door.read_text(f"{ACME_SH}/{directory}/{name}.conf") or ""
            found.update(
                re.findall(r"^Le_Real(?:Cert|FullChain)Path='([^']+)'", text, re.MULTILINE)
            )
    except Trouble:
        pass
    return frozenset(found)
