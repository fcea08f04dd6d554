"""What a plan does, in a few lines: packages, files, certificates, mail, queue, firewall, DNS.

The lines say only what the plan itself knows. What needs no word has a line too, so that each plan
has the same lines in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Callable, Optional

from wizard.paths import MAIN_CF
from wizard.plan import actions, certificate_actions, undo_actions
from wizard.plan.diff import GONE, NEW, NO_NEWLINE, hunks
from wizard.plan.hold import NONE_NOW
from wizard.plan.losses import losses
from wizard.plan.model import FileChange, Plan, Step
from wizard.postfix.main_cf import MainCf
from wizard.postfix.parameters import BY_NAME, RESTART
from wizard.text import counted

PACKAGES, FILES, CERTIFICATES, POSTFIX = "Install", "Files", "Certificates", "Postfix"
QUEUE, DOVECOT, FIREWALL, DNS = "Queue", "Dovecot", "Firewall", "DNS"
OTHER_SERVER, CHECKS, TAKEN_AWAY = "Other server", "Checks", "Taken away"
SIGNER = "Signatures"

NOTHING = "nothing changes"
NONE_AFFECTED = "no waiting message is affected"

_OF = {
    PACKAGES: (actions.Install, undo_actions.Remove),
    FILES: (
        actions.ReplaceFile,
        actions.ReplaceZone,
        actions.KeepOriginal,
        actions.BuildTable,
        actions.Forget,
        undo_actions.PutBack,
    ),
    CERTIFICATES: (
        certificate_actions.Relink,
        certificate_actions.Fetch,
        certificate_actions.Obtain,
        certificate_actions.Lay,
        certificate_actions.ProveRenewals,
        certificate_actions.SelfSign,
    ),
    OTHER_SERVER: (
        actions.StopMta,
        actions.SetAlternative,
        undo_actions.ReturnMta,
        undo_actions.ReturnAlternative,
    ),
    POSTFIX: (
        actions.Service,
        actions.EnableUnit,
        undo_actions.ReturnUnit,
        undo_actions.Disable,
    ),
    QUEUE: (actions.HoldMail, actions.AskThenFlush, undo_actions.ReleaseMail),
    DOVECOT: (actions.CheckDovecot, actions.TurnBeside),
    SIGNER: (
        actions.AskRecords,
        actions.MakeKey,
        actions.ProveSignatures,
        actions.SetMember,
        actions.TurnSigner,
        actions.ReturnSigner,
    ),
    FIREWALL: (actions.OpenFirewall, undo_actions.CloseFirewall, undo_actions.ClosePort),
    DNS: (actions.CheckZone, actions.ReloadZone),
    CHECKS: (
        actions.StagedCheck,
        actions.PostfixCheck,
        actions.Command,
        actions.Prove,
        actions.Deliver,
    ),
}
"""By heading: the actions of the steps that its line is about. Each action has one heading."""

_ALWAYS = (PACKAGES, FILES, CERTIFICATES, POSTFIX, QUEUE, FIREWALL, DNS)
"""The headings that have a line in each plan."""

# Ten restarts on the lab's EL9 had port 25 closed for 1.4 to 2.6 s, half of them for less than 1.9.
_SERVICE = {
    "start": "start: port 25 opens",
    "restart": "restart, about 2 s without port 25",
    "reload": "reload, no interruption",
    "stop": "stop: mail from outside waits at its senders",
}
"""By verb of systemctl(1): what it means for mail."""


UNDO_HELP = "What no undo can take back: `postfix-wizard help undo`"
"""The line that each undo shows before it begins."""


@dataclass(frozen=True)
class SummaryLine:
    """One line: what it is about, and sentences or parts of one. `is_quiet` if nothing changes."""

    heading: str
    texts: tuple[str, ...]
    is_quiet: bool = False


def summary(plan: Plan, queued: Optional[int] = None) -> tuple[SummaryLine, ...]:
    """Return the lines of a plan in the order in which an operator asks for them.

    `queued` is the number of messages in the queue, None if it is not known.
    """
    lines = [*_losses(plan)]
    for heading, kinds in _OF.items():
        # A class counts without those that are made from it.
        steps = [one for one in plan.pending if type(one.action) in kinds]
        texts = tuple(dict.fromkeys(filter(None, _WORDS.get(heading, _titles)(plan, steps))))
        if heading == QUEUE and queued is not None:
            lines.append(_counted_queue(plan, texts, queued))
        elif texts:
            lines.append(SummaryLine(heading, texts))
        elif heading in _ALWAYS:
            lines.append(SummaryLine(heading, (NOTHING,), is_quiet=True))
    return tuple(lines)


def changed_files(plan: Plan) -> tuple[FileChange, ...]:
    """Return the files that the plan changes, in its order."""
    return tuple(one for one in plan.files if one.proposed != one.live)


def _losses(plan: Plan) -> Iterator[SummaryLine]:
    texts = tuple(one.partition(": ")[2] for one in losses(plan))
    if texts:
        yield SummaryLine(TAKEN_AWAY, texts)


def _titles(_plan: Plan, steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        yield step.title


def _packages(_plan: Plan, steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step.action, actions.Install):
            yield f"{step.action.package}, with dnf"
        else:
            yield step.title


def _files(plan: Plan, steps: Sequence[Step]) -> Iterator[str]:
    for change in changed_files(plan):
        yield f"{_short(change.path)} {counts(change)}"
    copies = [one.action.original for one in steps if isinstance(one.action, actions.KeepOriginal)]
    if copies:
        names = ", ".join(map(_short, copies))
        yield f"first states are saved as {names}"
    shown = {one.path for one in changed_files(plan)}
    for step in steps:
        action = step.action
        if isinstance(action, actions.KeepOriginal):
            continue
        if isinstance(action, actions.ReplaceFile) and action.file.path in shown:
            continue
        if isinstance(action, undo_actions.PutBack) and shown.issuperset(_paths(action)):
            continue
        yield step.title


def _short(path: str) -> str:
    """Return the name of a file of Postfix's directory, the whole path of another one."""
    directory = MAIN_CF.rpartition("/")[0] + "/"
    return path.removeprefix(directory)


def _paths(action: undo_actions.PutBack) -> Iterator[str]:
    return (one.path for one in (*action.files, *action.links))


def counts(change: FileChange) -> str:
    """Return the numbers of new and removed lines of a file: `+38 -9`, `new, +12`."""
    signs = [
        line.sign
        for hunk in hunks(change.live or b"", change.proposed, context=0)
        for line in hunk.lines
        if line.text != NO_NEWLINE
    ]
    if change.live is None:
        return f"new, +{signs.count(NEW)}"
    return f"+{signs.count(NEW)} -{signs.count(GONE)}"


def _postfix(plan: Plan, steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        action = step.action
        if isinstance(action, actions.Service):
            yield _SERVICE[action.verb] + _why_restart(plan, action.verb)
        elif isinstance(action, undo_actions.ReturnUnit):
            yield _SERVICE[action.verb]
        elif isinstance(action, (actions.EnableUnit, undo_actions.Disable)):
            name = "it" if action.unit.removesuffix(".service") == "postfix" else action.unit
            starts = "will" if isinstance(action, actions.EnableUnit) else "will not"
            yield f"{name} {starts} start at boot"


def _why_restart(plan: Plan, verb: str) -> str:
    """Return in brackets the changed parameters for which a reload is not enough."""
    main = next((one for one in plan.files if one.path == MAIN_CF), None)
    if verb != RESTART or main is None:
        return ""
    before, after = MainCf.parse(main.live or b""), MainCf.parse(main.proposed)
    names = [
        name
        for name, one in BY_NAME.items()
        if one.needs == RESTART and before.value(name) != after.value(name)
    ]
    if not names:
        return ""
    return f" ({', '.join(names)} {'changes' if len(names) == 1 else 'change'})"


def _queue(_plan: Plan, steps: Sequence[Step]) -> Iterator[str]:
    # The first step has the number of messages, and the second one looks again.
    hold = next((one for one in steps if isinstance(one.action, actions.HoldMail)), None)
    if hold is not None:
        yield NONE_AFFECTED if hold.title == NONE_NOW else hold.title
    for step in steps:
        if not isinstance(step.action, actions.HoldMail):
            yield step.title


def _counted_queue(plan: Plan, texts: tuple[str, ...], queued: int) -> SummaryLine:
    """Return the line of the queue with the number of its messages."""
    if not queued:
        return SummaryLine(QUEUE, ("no message is waiting", *texts), is_quiet=not texts)
    count = counted(queued, "message")
    if texts not in ((), (NONE_AFFECTED,)):
        return SummaryLine(QUEUE, (f"{count} in it", *texts))
    stops = any(getattr(one.action, "verb", "") == "stop" for one in plan.pending)
    then = "waiting until Postfix is started again" if stops else "none affected"
    return SummaryLine(QUEUE, (f"{count}, {then}",), is_quiet=not stops)


def _firewall(_plan: Plan, steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        action = step.action
        if isinstance(action, actions.OpenFirewall):
            services = ", ".join(action.added or action.services)
            yield f"zone {action.zone}: {services} opened for good"
        elif isinstance(action, undo_actions.CloseFirewall):
            yield f"zone {action.zone}: {', '.join(action.services)} closed"
        else:
            yield step.title


def _dns(_plan: Plan, steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        action = step.action
        if isinstance(action, actions.ReloadZone):
            yield f"zone {action.zone}: new serial {action.serial}"


_WORDS: dict[str, Callable[[Plan, Sequence[Step]], Iterator[str]]] = {
    PACKAGES: _packages,
    FILES: _files,
    POSTFIX: _postfix,
    QUEUE: _queue,
    FIREWALL: _firewall,
    DNS: _dns,
}
"""By heading: what makes its texts. Without one they are the titles of its steps."""
