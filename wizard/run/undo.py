"""Make the steps that undo a run from its journal, in reverse order.

Each step's terms (docs/journal.md) give one step of undo, by the rule of its action. An action
without a rule here needs no undo. The package stays unless the caller wants it removed. `.orig`
files and issued certificates always stay.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Optional, cast

from wizard.host.units import RUNNING_STATES
from wizard.paths import MAIN_CF
from wizard.plan.actions import EnableUnit, Install, OpenFirewall, ReloadZone, Service, TurnBeside
from wizard.plan.certificate_actions import Lay, Obtain, Relink
from wizard.plan.files import Past
from wizard.plan.model import Action, Plan, Step
from wizard.plan.undo_actions import CloseFirewall, ClosePort, Disable, PutBack, Remove, ReturnUnit
from wizard.run import hold_on_undo
from wizard.run.changed import (
    CERTBOT,
    TABLE,
    build_command,
    kind_of,
    lineage_of,
    source_of,
)
from wizard.run.other_mta_back import after_package, mta_back
from wizard.run.path_state import MISSING
from wizard.run.paths import RunPlaces
from wizard.run.progress import Progress
from wizard.run.seals import read_seals

PREFIX = "back-"
ANSWERS = "answers"
"""The name of the saved answers in the journal. No step of a plan writes them."""
_PLAIN = frozenset({"path", "was", "now", "uid", "gid", "mode", "mtime_ns"})

Terms = dict[str, Any]


@dataclass(frozen=True)
class _Done:
    """A step of a run: its name, its action (None: the saved answers) and its journalled terms."""

    name: str
    action: Optional[Action]
    terms: Terms
    run: RunPlaces


def steps_back(
    plan: Plan, past: Progress, run: RunPlaces, *, remove_package: bool = False
) -> tuple[Step, ...]:
    """Return the steps that undo what was done by the journal; none if nothing was done.

    If the unit did not run before the run, it is stopped before files are put back. If it ran, it
    is turned after them. Queued mail that the old files would bounce is put on hold first.
    """
    actions: dict[str, Optional[Action]] = {step.id: step.action for step in plan.steps}
    actions[ANSWERS] = None
    done = [
        _Done(name, actions[name], cast("Terms", terms), run)
        for name, terms in past.intended.items()
        if name in actions
    ]
    wrote = _Wrote.of(done)
    middle = texts_first([step for one in reversed(done) for step in _step_back(one, wrote)])
    stop, turn = _unit(plan, past, has_files=any(_is_files(step) for step in middle))
    written = next((one.proposed for one in plan.files if one.path == MAIN_CF), b"")
    first_hold = hold_on_undo.hold_steps(middle, PREFIX, read_seals(run.key), written)
    mail = [
        step
        for one in done
        if one.action is not None
        for step in hold_on_undo.release_steps(one.name, one.action, one.terms, PREFIX)
    ]
    package = [step for one in done for step in _package(one)] if remove_package else []
    zones = [step for one in done for step in _zone(one)]
    beside = [step for one in done for step in _beside(one)]
    second_hold = hold_on_undo.second_hold(first_hold, turn)
    mta = tuple(mta_back(plan, past, PREFIX))
    last = (*package, *after_package(mta)) if package else ()
    return (*stop, *first_hold, *middle, *zones, *turn, *second_hold, *mail, *beside, *mta, *last)


def _is_files(step: Step) -> bool:
    return isinstance(step.action, PutBack) and step.id != PREFIX + ANSWERS


def texts_first(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps with those that build tables after the others that put files back."""
    tables = [step for step in steps if is_table(step)]
    others = [step for step in steps if step not in tables]
    last = max((at for at, step in enumerate(others) if _is_files(step)), default=-1)
    return (*others[: last + 1], *tables, *others[last + 1 :])


def is_table(step: Step) -> bool:
    """True if a step puts lookup tables back, and nothing else."""
    files = step.action.files if isinstance(step.action, PutBack) else ()
    return bool(files) and all(kind_of(one.path) is TABLE for one in files)


@dataclass(frozen=True)
class _Wrote:
    """Paths that a run wrote: links of lineages, and files that did not exist before."""

    links: tuple[Past, ...]
    new: frozenset[str]

    @classmethod
    def of(cls, done: Sequence[_Done]) -> _Wrote:
        entries = [_past(entry, one.run) for one in done for entry in one.terms.get("files", ())]
        return cls(
            tuple(one for one in entries if lineage_of(one.path)),
            frozenset(one.path for one in entries if one.was == MISSING),
        )


def _step_back(one: _Done, wrote: _Wrote) -> Iterator[Step]:
    if isinstance(one.action, (Lay, Relink)) and one.action.stays:
        return
    if one.terms.get("files") or one.terms.get("directories"):
        yield from _files(one, wrote)
        return
    rule = _RULES.get(type(one.action))
    if rule is not None:
        yield from rule(one)


def _files(one: _Done, wrote: _Wrote) -> Iterator[Step]:
    past = tuple(_past(entry, one.run) for entry in one.terms["files"])
    directories = tuple(cast("Sequence[str]", one.terms.get("directories", ())))
    typed = (
        *(argv for entry in past for argv in _typed(entry, wrote)),
        *map(_rmdir, directories[::-1]),
    )
    action = PutBack(past, directories, tuple(_needed(past, wrote.links)))
    step = Step(
        PREFIX + one.name,
        f"Put back {_place(tuple(entry.path for entry in past) or directories)}",
        "As it stood before the run, with its owner, mode and time.",
        action,
        typed,
    )
    if is_table(step):
        why = "From its text, which is back by then; without a text it is as before the run."
        step = dataclasses.replace(step, why=why)
    yield step


def _needed(files: Sequence[Past], links: Sequence[Past]) -> Iterator[Past]:
    """Yield the links whose renewal makes certbot need these files.

    An account serves every lineage; a file of a lineage serves that one.
    """
    of_certbot = [one.path.split("/") for one in files if kind_of(one.path) is CERTBOT]
    for link in links:
        name = lineage_of(link.path)
        if any("accounts" in parts or {name, f"{name}.conf"} & {*parts} for parts in of_certbot):
            yield link


def _rmdir(directory: str) -> tuple[str, ...]:
    return ("rmdir", directory)


def _place(paths: Sequence[str]) -> str:
    if len(paths) == 1:
        return PurePosixPath(paths[0]).name
    return f"{PurePosixPath(os.path.commonpath(paths)).name} ({len(paths)} files)"


def _past(entry: Terms, run: RunPlaces) -> Past:
    copy = str(run.replaced / entry["copy"]) if entry.get("copy") else ""
    xattrs = tuple(sorted(entry.get("xattrs", {}).items()))
    fields = {name: value for name, value in entry.items() if name in _PLAIN}
    return Past(**fields, copy=copy, xattrs=xattrs)


def _typed(past: Past, wrote: _Wrote) -> Iterator[tuple[str, ...]]:
    kind, _, rest = past.was.partition(":")
    source = source_of(past.path)
    if kind_of(past.path) is TABLE and source not in wrote.new:
        builder, table_type = build_command(past.path)
        yield (builder, f"{table_type}:{source}")
    elif kind == "file":
        yield ("cp", "-p", past.copy, past.path)
    elif kind == "link":
        yield ("ln", "-sfn", rest, past.path)
    else:
        yield ("rm", past.path)


def _disable(one: _Done) -> Iterator[Step]:
    unit = one.terms["unit"]
    if one.terms["was"] == "disabled":
        yield Step(
            PREFIX + one.name,
            f"Do not start {unit} at boot",
            "It was not before the run.",
            Disable(unit),
            (("systemctl", "disable", unit),),
        )


def _firewall(one: _Done) -> Iterator[Step]:
    zone, added = one.terms["zone"], tuple(one.terms["added"])
    if added:
        argv = ("firewall-cmd", f"--zone={zone}", *(f"--remove-service={name}" for name in added))
        yield Step(
            PREFIX + one.name,
            "Close the firewall again",
            "Only the services that the run added; at run time too, without a reload.",
            CloseFirewall(zone, added),
            ((argv[0], "--permanent", *argv[1:]), argv),
        )


def _port(one: _Done) -> Iterator[Step]:
    zone = one.terms.get("opened")
    if zone:
        yield Step(
            PREFIX + one.name,
            "Close port 80 again",
            "It was opened for the challenge alone, and the run was cut off before it closed it.",
            ClosePort(zone),
            (("firewall-cmd", f"--zone={zone}", "--remove-port=80/tcp"),),
        )


_RULES: dict[type, Callable[[_Done], Iterator[Step]]] = {
    EnableUnit: _disable,
    OpenFirewall: _firewall,
    Obtain: _port,
}


def _zone(one: _Done) -> Iterator[Step]:
    """Yield the reload of a zone in named, after its old file was put back."""
    action = one.action
    if isinstance(action, ReloadZone):
        yield Step(
            PREFIX + one.name,
            f"Have named read the zone {action.zone} as it was",
            f"It answers with the old serial again, {action.was}.",
            dataclasses.replace(
                action, was=action.serial, serial=action.was, names=(), mail_host=""
            ),
            (("touch", action.path), *action.argvs),
        )


def _beside(one: _Done) -> Iterator[Step]:
    """Yield the turn of a unit other than Postfix's, after its old files were put back."""
    if isinstance(one.action, TurnBeside):
        unit, was = one.action.unit, str(one.terms["was"])
        verb = "restart" if was in RUNNING_STATES else "stop"
        yield Step(
            PREFIX + one.name,
            f"{verb.capitalize()} {unit}",
            "It reads its files as they were before."
            if was in RUNNING_STATES
            else "It did not run before.",
            TurnBeside(verb, unit, one.action.verb),
            (("systemctl", verb, unit),),
        )


def _package(one: _Done) -> Iterator[Step]:
    if isinstance(one.action, Install) and not one.terms["was"]:
        argv = ("dnf", "remove", one.action.package)
        yield Step(
            PREFIX + one.name,
            f"Remove the package {one.action.package}",
            "The run installed it. dnf asks before it removes anything.",
            Remove(one.action.package, argv),
            (argv,),
        )


def _unit(
    plan: Plan, past: Progress, *, has_files: bool
) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Return the step that stops the unit, and the one that turns it. At most one is needed."""
    service = next((step for step in plan.pending if isinstance(step.action, Service)), None)
    if service is None or not isinstance(service.action, Service):
        return (), ()
    action = service.action
    terms: Optional[Terms] = cast("Optional[Terms]", past.intended.get(service.id))
    was = str(terms["was"]) if terms else action.was
    if was in RUNNING_STATES:
        # New processes of a running Postfix read the present main.cf, so it must read the old one.
        if terms or has_files:
            # master(8) restarts a failed service only after a minute, also after a reload.
            failed = terms is not None and service.id not in past.done
            verb = "restart" if failed else action.verb
            return (), (_return(service, action.unit, verb, was),)
        return (), ()
    return ((_return(service, action.unit, "stop", was),) if terms else ()), ()


def _return(service: Step, unit: str, verb: str, was: str) -> Step:
    stops = verb == "stop"
    return Step(
        PREFIX + service.id,
        f"Stop {unit}" if stops else f"{verb.capitalize()} {unit}",
        "It did not run before." if stops else "It reads the old files again, and must greet.",
        ReturnUnit(unit, verb, was),
        (("systemctl", verb, unit),),
    )
