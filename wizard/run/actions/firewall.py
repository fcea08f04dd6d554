"""firewalld: add services permanently in one call, then reload (firewall-cmd(1)).

Each call takes a quarter of a second. So the zone is read over D-Bus, and firewall-cmd's warning
ALREADY_ENABLED shows which services were permanent before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Union

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.firewall import begin_firewall, open_services
from wizard.host.firewall_facts import CLOSED, OPEN
from wizard.plan.actions import OpenFirewall
from wizard.plan.undo_actions import CloseFirewall
from wizard.run.action_kind import ActionKind, Changes
from wizard.run.commands import Completed
from wizard.run.context import Context, Undo, listed
from wizard.run.past_step import Back, PastStep, RunToUndo, Slot
from wizard.run.path_state import Stale
from wizard.run.ways_on import RESUMES

_NOT_RUNNING = 252
"""The exit status if firewalld does not run (firewall-cmd(1))."""
_ALREADY = re.compile(r"ALREADY_ENABLED: (?:'?)([\w-]+)")


class _NotRunning(Trouble):
    """firewalld is installed and stopped."""


def admit(action: OpenFirewall, context: Context) -> Undo:
    """Open the zone for the services. The output shows the zone's services before and after."""
    doing = f"opening the firewall's zone {action.zone}"
    _show(action.zone, context)
    _refuse_unseen_loss(action, doing)
    undo = context.earlier or context.intend({"zone": action.zone, "added": list(action.added)})
    services = [f"--add-service={name}" for name in action.services]
    added = _called(context, doing, "--permanent", f"--zone={action.zone}", *services)
    there = already(added)
    # A second call finds what the first one added, if only the first one's answer was lost.
    if context.earlier is None and there and not added.again:
        undo = {"zone": action.zone, "added": [one for one in action.added if one not in there]}
    _called(context, doing, "--reload")
    _show(action.zone, context)
    return undo


def _refuse_unseen_loss(action: OpenFirewall, doing: str) -> None:
    """Raise Stale if the reload would drop something that the review did not show."""
    new = sorted({*begin_firewall(Door())().until_reload} - {*action.dropped})
    if new:
        raise Stale(
            doing,
            f"stale: reloading firewalld would drop what came since the review: {', '.join(new)}",
            f"`firewall-cmd --runtime-to-permanent` keeps it; then {RESUMES}",
        )


def close(action: CloseFirewall, context: Context) -> Undo:
    """Remove the services from the zone again.

    Also at run time, and without a reload, which would drop rules that exist only there. A stopped
    or removed firewalld is no error, since it opens no port.
    """
    doing = f"closing the firewall's zone {action.zone}"
    undo = context.earlier or context.intend(
        {"zone": action.zone, "removed": list(action.services)}
    )
    services = [f"--remove-service={name}" for name in action.services]
    if not Door().has("firewall-cmd"):
        context.say(
            "firewalld is not installed any more, so it opens no port; "
            f"/etc/firewalld/zones/{action.zone}.xml may still name {', '.join(action.services)}."
        )
        return undo
    try:
        for lifetime in (("--permanent",), ()):
            _called(context, doing, *lifetime, f"--zone={action.zone}", *services)
    except _NotRunning:
        context.say("firewalld does not run, so only what it reads when it starts is changed.")
        services = [f"--remove-service-from-zone={name}" for name in action.services]
        argv = ("firewall-offline-cmd", f"--zone={action.zone}", *services)
        done = context.run(*argv)
        if done.status != 0:
            raise Trouble(doing, listed(argv, done)) from None
        return undo
    _show(action.zone, context)
    return undo


def _show(zone: str, context: Context) -> None:
    services = open_services(Door(), zone)
    if services is None:
        context.say(f"firewalld does not tell what zone {zone} lets in.")
    else:
        context.say(f"Zone {zone} lets in: {', '.join(services) or 'no service'}.")


def already(done: Completed) -> frozenset[str]:
    """Return the services that existed before, by firewall-cmd's warnings."""
    return frozenset(_ALREADY.findall("\n".join(done.said)))


def _called(context: Context, doing: str, *options: str) -> Completed:
    argv = ("firewall-cmd", *options)
    done = context.run(*argv)
    if done.status == _NOT_RUNNING:
        raise _NotRunning(doing, "firewalld is not running", "Run `systemctl start firewalld`.")
    if done.status != 0:
        raise Trouble(doing, listed(argv, done))
    return done


def _close_again(one: PastStep) -> Iterator[Back]:
    zone, added = one.terms["zone"], tuple(one.terms["added"])
    if added:
        argv = ("firewall-cmd", f"--zone={zone}", *(f"--remove-service={name}" for name in added))
        yield one.back(
            Slot.CHANGES,
            "Close the firewall again",
            "Only the services that the run added; at run time too, without a reload.",
            CloseFirewall(zone, added),
            (argv[0], "--permanent", *argv[1:]),
            argv,
        )


def _services(state: str) -> Changes:
    return lambda action: {("service", action.zone, one): state for one in action.services}


def _zone_files(run: RunToUndo) -> Iterator[str]:
    for action, terms in run.of(OpenFirewall):
        if terms.get("added"):
            name = f"{action.zone}.xml"
            yield (
                f"/etc/firewalld/zones/{name}, /etc/firewalld/zones/{name}.old: firewalld writes both"
                " at each change of a zone. The first has no service of the run; where it says what"
                f" /usr/lib/firewalld/zones/{name} says, it can be removed."
            )


def _zone_file(action: Union[OpenFirewall, CloseFirewall]) -> tuple[str, ...]:
    return (f"/etc/firewalld/zones/{action.zone}.xml",)


ACTION_KINDS = (
    ActionKind(
        OpenFirewall,
        admit,
        undo=_close_again,
        changes=_services(OPEN),
        stays=_zone_files,
        others_write=_zone_file,
    ),
    ActionKind(CloseFirewall, close, changes=_services(CLOSED), others_write=_zone_file),
)
