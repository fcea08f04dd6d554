"""Find out whether Postfix is reloaded after a renewal: certbot's hooks, and what decides on them.

certbot runs the programs of renewal-hooks/deploy unless cli.ini or its command line says
--no-directory-hooks, and passes over those that are not executable or end in ~ (certbot's manual).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wizard.certificates.certbot_options import key_of, plain
from wizard.certificates.settings import options
from wizard.check.certificates.jobs import CERTBOT, Job, is_executable
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding
from wizard.paths import LETSENCRYPT, RENEWAL_HOOK
from wizard.text import printable

CLI_INIS = (f"{LETSENCRYPT}/cli.ini", "/root/.config/letsencrypt/cli.ini")
"""Where certbot reads its options from, if it runs as root."""
ENVIRONMENT = "/etc/sysconfig/certbot"
"""EL's unit takes options of certbot from there (PRE_HOOK, DEPLOY_HOOK, CERTBOT_ARGS)."""
_DIRECTORIES = tuple(f"{LETSENCRYPT}/renewal-hooks/{name}" for name in ("deploy", "post"))
_OPTIONS = ("deploy_hook", "renew_hook", "post_hook")
_RELOADS = re.compile(
    r"(reload|restart|try-restart|condrestart|reload-or-restart|force-reload)\s+\S*postfix"
    r"|postfix(\.service)?\s+(-c\s+\S+\s+)?(reload|restart|start|condrestart)"
)
_MENTIONS = re.compile("postfix")
_LINEAGES = re.compile(r"/live/([\w.*-]+)")
_OFF = re.compile(r"(?<![\w-])--no-directory-hooks\b")
NO = frozenset({"false", "no", "0", "off"})


@dataclass(frozen=True)
class Hook:
    """A program or command that certbot may run after a renewal.

    `fault` is why certbot does not run it, "" if it does. `text` is what it runs.
    """

    where: str
    text: str
    fault: str = ""
    advice: str = ""

    @property
    def reloads(self) -> bool:
        """True if it says in so many words that Postfix reloads."""
        return _RELOADS.search(_code(self.text)) is not None


def read_hooks(
    door: Door, name: str, renewal: Mapping[str, str], found: Sequence[Job]
) -> tuple[Hook, ...]:
    """Return the hooks of a lineage; `renewal` are its [renewalparams], `found` what runs certbot.

    Raises Trouble.
    """
    settings = {path: cli_options(door, path) for path in CLI_INIS}
    by_certbot = [job for job in found if job.client == CERTBOT]
    off = _turned_off(settings, by_certbot, door.read_text(ENVIRONMENT) or "")
    hooks = [one for directory in _DIRECTORIES for one in _of_directory(door, name, directory, off)]
    for path, said in settings.items():
        hooks += [Hook(f"{name} in {path}", said[name]) for name in _OPTIONS if said.get(name)]
    hooks += [
        Hook(f"{name} in its renewal file", renewal[name])
        for name in _OPTIONS
        if renewal.get(name) and renewal[name] != "None"
    ]
    hooks += [Hook(job.where, job.text) for job in found]
    hooks.append(Hook(ENVIRONMENT, door.read_text(ENVIRONMENT) or ""))
    return tuple(hooks)


def judge_hooks(hooks: Sequence[Hook]) -> Finding:
    """`certificate.hook`: something that certbot runs has Postfix reload."""
    check = Check(
        "certificate.hook", "certificate: reload after it", "a reload of Postfix", fatal=False
    )
    running = [one for one in hooks if not one.fault]
    reloading = next((one for one in running if one.reloads), None)
    if reloading:
        return check.right(printable(f"{reloading.where} has Postfix reload"))
    dead = next((one for one in hooks if one.fault and one.reloads), None)
    if dead:
        return check.warning(printable(f"{dead.where}: {dead.fault}"), dead.advice)
    own = next((one for one in hooks if one.where == RENEWAL_HOOK), None)
    advice = "`postfix-wizard apply --section policy` writes it; else reload Postfix yourself."
    if own:
        seen = f"{RENEWAL_HOOK} does not reload Postfix"
        return check.warning(printable(seen), advice)
    unclear = next((one for one in running if _is_unclear(one)), None)
    if unclear:
        why = f"whether {unclear.where} has Postfix reload is not to be seen from here"
        return check.unknown(printable(why))
    return check.warning(f"missing: {RENEWAL_HOOK}", advice)


def _is_unclear(hook: Hook) -> bool:
    """True if a hook mentions Postfix, or runs other programs that may reload it."""
    if _MENTIONS.search(hook.text):
        return True
    return hook.where.startswith(f"{LETSENCRYPT}/renewal-hooks/") and "/" in _code(hook.text)


def _code(text: str) -> str:
    """Return a script without comments, and without what a plain `exit` keeps from running."""
    lines: list[str] = []
    for line in text.splitlines():
        if re.match(r"exit\b", line):
            break
        if not line.lstrip().startswith("#"):
            lines.append(line)
    return "\n".join(lines)


def _turned_off(
    settings: Mapping[str, Mapping[str, str]], found: Sequence[Job], environment: str
) -> str:
    """Return what turns the directories of hooks off, "" for nothing."""
    for path, said in settings.items():
        value = said.get("no_directory_hooks")
        if (value is not None and value.lower() not in NO) or said.get("directory_hooks") in NO:
            return f"no-directory-hooks in {path}"
    for job in found:
        if _OFF.search(job.text):
            return f"--no-directory-hooks of {job.where}"
    return f"--no-directory-hooks in {ENVIRONMENT}" if _OFF.search(_code(environment)) else ""


def cli_options(door: Door, path: str) -> Mapping[str, str]:
    """Return the options of a cli.ini by name; none if it is missing or not clear. Raises Trouble."""
    found = options(path, door.read_bytes(path) or b"") or ()
    return {key_of(one.name): plain(one.value) for one in found}


def _of_directory(door: Door, lineage: str, directory: str, off: str) -> Iterator[Hook]:
    for name in door.list_dir(directory) or ():
        path = f"{directory}/{name}"
        try:
            text = door.read_text(path) or ""
        except Trouble:
            continue
        fault, advice = _fault(door, path, text, off)
        others = _LINEAGES.findall(_code(text)) if "RENEWED_LINEAGE" in text else []
        if others and lineage not in others and not fault:
            fault = f"it is for {', '.join(others)} alone"
            advice = f"Correct the condition on RENEWED_LINEAGE in {path}."
        yield Hook(path, text, fault, advice)


def _fault(door: Door, path: str, text: str, off: str) -> tuple[str, str]:
    if off:
        return f"certbot does not run it, because of {off}", f"Take {off} out."
    if path.endswith("~"):
        return (
            "certbot passes over names that end in ~",
            f"Rename it: `mv {path} {path.rstrip('~')}`.",
        )
    if not is_executable(door, path):
        again = ", or `postfix-wizard apply --section policy`" if path == RENEWAL_HOOK else ""
        return "it cannot be executed", f"Run `chmod 755 {path}`{again}."
    interpreter = re.match(r"#!\s*(\S+)", text)
    if interpreter and door.stat(interpreter[1]) is None:
        return f"its interpreter {interpreter[1]} is missing", f"Correct the first line of {path}."
    return "", ""
