"""Plan to stop another mail server, and to make sendmail(1) that of Postfix.

Only a run of the policy does so, right before it starts Postfix. Until then the other server takes
mail. A program that is not a known mail server is never stopped: it is an obstacle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.answers.model import POLICY, Problem, host_problem
from wizard.host.facts import Host, Listener
from wizard.host.mta_facts import KNOWN, UNITS, OtherMta
from wizard.host.sockets import MASTER
from wizard.host.units import POSTFIX
from wizard.plan.actions import SetAlternative, StopMta, UnitState
from wizard.plan.model import Step
from wizard.plan.scope import Scope

GROUP = "mta"
_CONTAINER = re.compile(r"(?:libpod|docker|crio|cri-containerd|machine|systemd-nspawn|lxc)\b")
PORTS = {25: "smtp", 465: "smtps", 587: "submission"}


def steps(host: Host, scope: Scope) -> Iterator[Step]:
    """Yield the steps, none on a host without another mail server."""
    if POLICY not in scope:
        return
    for mta in _in_use(host):
        yield _stop(mta)
    alternative = host.mtas.alternative
    if alternative.is_other:
        path = alternative.of_postfix
        units = (POSTFIX, *(unit.unit for mta in host.mtas.others for unit in mta.units))
        yield Step(
            "sendmail",
            "Let sendmail(1) be Postfix's",
            f"It is {alternative.current} now: cron and other programs would send through that, "
            "and Postfix's own start would build its tables with that.",
            SetAlternative(GROUP, path, alternative.state, units),
            (("alternatives", "--set", GROUP, path),),
        )


def _in_use(host: Host) -> tuple[OtherMta, ...]:
    others = host.mtas.others
    return tuple(mta for mta in others if any(unit.is_in_use for unit in mta.units))


def _stop(mta: OtherMta) -> Step:
    units = tuple(UnitState(unit.unit, unit.enabled, unit.active) for unit in mta.units)
    used = tuple(unit.unit for unit in mta.units if unit.is_in_use)
    return Step(
        f"stop-{mta.name.lower()}",
        f"Stop {mta.name}",
        "Only one server can have port 25, and at boot the first one takes it. Undo starts "
        f"{mta.name} again.",
        StopMta(mta.name, units),
        (("systemctl", "disable", "--now", *used),),
    )


def warnings(host: Host, scope: Scope) -> Iterator[str]:
    """Warn of messages in the queue of a server that the plan stops."""
    if POLICY not in scope:
        return
    for mta in host.mtas.others:
        if mta.queued:
            count = f"{mta.queued} message{'s' if mta.queued > 1 else ''}"
            yield (
                f"{mta.name} has {count} in its queue ({', '.join(mta.queues)}): Postfix does not "
                f"send them, and they stay there while {mta.name} is stopped. Send them first: "
                f"`{mta.send}`"
            )


def obstacles(host: Host, scope: Scope) -> Iterator[Problem]:
    """Yield a problem for each port of Postfix that is used by a program that no step stops."""
    if not scope.has_any(POLICY, "networks"):
        return
    stopped = {unit.unit for mta in _in_use(host) for unit in mta.units}
    for listener in dict.fromkeys(one for one in host.listeners if one.port in PORTS):
        if _is_postfix(listener, host) or (POLICY in scope and listener.unit in stopped):
            continue
        if not listener.process and not host.is_root_user:
            continue  # only root sees the process
        port = f"port {listener.port} ({PORTS[listener.port]})"
        yield host_problem(f"{port} is used by {_who(listener)}; {_advice(listener)}")


def _is_postfix(listener: Listener, host: Host) -> bool:
    """True if the listener is, or may be, the Postfix that systemd started."""
    return listener.process == MASTER and (
        listener.unit in {POSTFIX, ""} or host.unit.active == "active"
    )


def _who(listener: Listener) -> str:
    if not listener.process:
        return "a program that cannot be seen from here, as of another container"
    unit = f", unit {listener.unit}" if listener.unit else ""
    return f"{listener.process} (process {listener.pid}{unit})"


def _advice(listener: Listener) -> str:
    if listener.unit in UNITS:
        name = next(mta.name for mta in KNOWN if listener.unit in mta.units)
        return f"a run of all sections stops {name}: `postfix-wizard apply` without --section"
    if _CONTAINER.match(listener.unit):
        return "it is in a container: stop that first, Postfix needs the port"
    if listener.process == MASTER:
        return "it is a Postfix that systemd did not start: `postfix stop` ends it"
    if listener.process == "systemd":
        return "a socket unit has it, `systemctl list-sockets` names it: disable that first"
    return "stop and disable it first, Postfix needs the port"
