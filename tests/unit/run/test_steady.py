"""A lost connection to systemd or firewalld, and units that do not run: words as on EL's twins."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from wizard.errors import Trouble
from wizard.host.units import RUNNING_STATES
from wizard.plan.actions import ReturnSigner, Service, TurnBeside, TurnSigner
from wizard.plan.undo_actions import CloseFirewall, Disable
from wizard.run import steady as module
from wizard.run.actions import dovecot, firewall, service, signing
from wizard.run.actions.service import disable
from wizard.run.commands import Completed
from wizard.run.path_state import Stale
from wizard.run.steady import ConnectionLost, steady
from wizard.run.units import stop_unit

START = ("systemctl", "start", "postfix")
RELOAD = ("firewall-cmd", "--reload")
RESET_247 = b"Warning! D-Bus connection terminated.\nFailed to wait for response: Connection reset by peer\n"
RESET_257 = b"D-Bus connection terminated while waiting for jobs.\nFailed to wait for response: Connection reset by peer\n"
REFUSED = b"Failed to connect to system scope bus via local transport: Connection refused\n"
NO_ENDPOINT = b"Failed to retrieve unit state: Transport endpoint is not connected\n"
NO_REPLY = (
    b"Failed to get unit file state for ssh.service: Message recipient disconnected from message "
    b"bus without replying\n"
)
FW_GONE = b"Error: The name :1.2 was not provided by any .service files\n"
FW_STOPPED = b"FirewallD is not running\n"
CANCELED = b"Job for postfix.service canceled.\n"
JOB_FAILED = (
    b"Job for postfix.service failed because the control process exited with error code.\n"
    b'See "systemctl status postfix.service" and "journalctl -xe" for details.\n'
)


@dataclass
class Machine:
    """Answers commands from a list, and `is-active` from another; notes what was called."""

    answers: list[tuple[int, bytes]]
    states: list[str] = field(default_factory=lambda: ["active"])
    called: list[tuple[str, ...]] = field(default_factory=list)
    waited: int = 0

    def call(self, argv: tuple[str, ...]) -> Completed:
        self.called.append(argv)
        status, err = self.answers.pop(0)
        return Completed(argv, status, b"", err)

    def query(self, argv: tuple[str, ...]) -> Completed:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return Completed(argv, 0, state.encode(), b"")

    def wait(self, _: float) -> None:
        self.waited += 1

    def ask(self, argv: tuple[str, ...]) -> Completed:
        return steady(argv, self.call, self.query, lambda _: None, self.wait)


LOST = [
    (START, 1, RESET_247),
    (START, 1, RESET_257),
    (("systemctl", "restart", "dovecot"), 1, RESET_257),
    (("systemctl", "is-active", "postfix"), 1, REFUSED),
    (("systemctl", "is-active", "named"), 1, NO_ENDPOINT),
    (("systemctl", "is-enabled", "postfix"), 1, NO_REPLY),
    (("systemctl", "show", "-p", "MainPID", "postfix"), 1, RESET_247),
    (("systemctl", "--no-pager", "--full", "status", "postfix"), 1, NO_ENDPOINT),
    (RELOAD, 254, FW_GONE),
    (RELOAD, 252, FW_STOPPED),
]


@pytest.mark.promise(30)
@pytest.mark.parametrize(("argv", "status", "err"), LOST)
def test_a_lost_connection_is_no_answer(argv: tuple[str, ...], status: int, err: bytes) -> None:
    machine = Machine([(status, err), (0, b"")], ["", "activating", "active"])
    done = machine.ask(argv)
    assert (done.status, done.again) == (0, True)
    assert machine.called == [argv, argv]
    assert machine.waited == 2, "systemd had not settled yet"


REFUSALS = [
    (START, 1, JOB_FAILED),
    (START, 5, b"Failed to start postfix.service: Unit postfix.service not found.\n"),
    (("systemctl", "is-active", "postfix"), 3, b""),
    (RELOAD, 13, b"Error: COMMAND_FAILED: 'python-nftables' failed\n"),
    (("postfix", "check"), 1, RESET_247),
]


@pytest.mark.parametrize(("argv", "status", "err"), REFUSALS)
def test_a_refusal_is_one_at_once(argv: tuple[str, ...], status: int, err: bytes) -> None:
    machine = Machine([(status, err)])
    assert machine.ask(argv).status == status
    assert machine.called == [argv]


@pytest.mark.parametrize("second", [(0, b""), (1, JOB_FAILED), (1, CANCELED)])
def test_a_job_that_another_one_canceled_is_called_once_more(second: tuple[int, bytes]) -> None:
    machine = Machine([(1, CANCELED), second], ["deactivating", "inactive"])
    done = machine.ask(START)
    assert (done.status, done.again) == (second[0], True)
    assert machine.called == [START, START]


def test_a_command_that_succeeded_is_never_repeated() -> None:
    machine = Machine([(0, RESET_247)])
    assert machine.ask(START).status == 0
    assert len(machine.called) == 1


@pytest.mark.parametrize("second", [(1, JOB_FAILED), (0, b"")])
def test_the_second_answer_decides(second: tuple[int, bytes]) -> None:
    assert Machine([(1, RESET_257), second]).ask(START).status == second[0]


@pytest.mark.parametrize(
    ("verb", "state", "status"),
    [
        ("start", "active", 0),
        ("reload", "active", 0),
        ("restart", "active", 0),
        ("stop", "inactive", 0),
        ("stop", "failed", 0),
        ("start", "inactive", None),
        ("restart", "failed", None),
        ("stop", "active", None),
        ("is-active", "active", None),
        ("enable", "active", None),
    ],
)
def test_twice_lost_the_unit_itself_decides(verb: str, state: str, status: int | None) -> None:
    machine = Machine([(1, RESET_247), (1, REFUSED)], [state])
    if status is None:
        with pytest.raises(ConnectionLost, match="systemd closed the connection twice"):
            machine.ask(("systemctl", verb, "postfix"))
    else:
        assert machine.ask(("systemctl", verb, "postfix")).status == status


@pytest.mark.parametrize("state", ["inactive", "failed"])
def test_a_firewall_that_is_stopped_is_not_running(state: str) -> None:
    machine = Machine([(252, FW_STOPPED)], [state])
    assert machine.ask(RELOAD).status == 252
    assert len(machine.called) == 1


def test_a_manager_that_never_settles_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.0)
    machine = Machine([(1, RESET_247), (0, b"")], [""])
    assert machine.ask(START).status == 0


def stopping(*states: str) -> Mock:
    """Return a context in which a unit goes through these states, the last one for ever."""
    left = list(states)

    def query(*argv: str) -> Completed:
        state = left.pop(0) if len(left) > 1 else left[0]
        return Completed(argv, 3, state.encode(), b"")

    context = Mock(patience=SimpleNamespace(service=0.5))
    context.query.side_effect = query
    context.run.side_effect = lambda *argv: Completed(argv, 0, b"", b"")
    return context


STOPS = {
    ("inactive",): [],
    ("failed",): ["reset-failed"],
    ("active", "inactive"): ["stop"],
    ("active", "deactivating", "inactive"): ["stop"],
    ("active", "deactivating", "failed"): ["stop", "reset-failed"],
    ("activating", "failed"): ["stop", "reset-failed"],
}


@pytest.mark.parametrize(
    "unit", ["postfix", "named", "dovecot", "firewalld", "certbot-renew.timer"]
)
@pytest.mark.parametrize("states", STOPS)
def test_failed_is_stopped_too(states: tuple[str, ...], unit: str) -> None:
    context = stopping(*states)
    stop_unit(unit, "stopping it", context)
    verbs = [call.args[1] for call in context.run.call_args_list]
    assert verbs == STOPS[states]
    assert {call.args[2] for call in context.run.call_args_list} <= {unit}


def test_a_unit_that_goes_on_running_fails_the_step() -> None:
    with pytest.raises(Trouble, match="dovecot is deactivating"):
        stop_unit("dovecot", "stopping it", stopping("active", "deactivating"))


@pytest.mark.parametrize(
    ("state", "verbs"),
    [("enabled", ["disable"]), ("not-found", []), ("", []), ("masked", ["disable"])],
)
def test_a_unit_whose_package_is_gone_needs_no_disabling(state: str, verbs: list[str]) -> None:
    """An undo that wants it could never be finished."""
    context = stopping(state)
    context.earlier = None
    disable(Disable("postfix"), context)
    assert [call.args[1] for call in context.run.call_args_list] == verbs


TURNS = [
    # the planned verb, the state before and now, the verb that is called (None: stale)
    ("reload", "active", "active", "reload"),
    ("restart", "active", "failed", "restart"),
    ("reload", "active", "failed", "restart"),
    ("start", "failed", "failed", "start"),
    ("start", "inactive", "failed", "start"),
    ("reload", "active", "inactive", None),
    ("start", "inactive", "active", None),
]


@pytest.mark.promise(30)
@pytest.mark.parametrize(("verb", "was", "now", "called"), TURNS)
def test_a_unit_that_died_meanwhile_is_restarted(
    monkeypatch: pytest.MonkeyPatch, verb: str, was: str, now: str, called: str | None
) -> None:
    """`postfix reload` by cron ends master(8) where the new main.cf wants a restart."""
    context = stopping(now)
    context.earlier = None
    context.intend.side_effect = dict
    monkeypatch.setattr(service, "_await_service", Mock())
    if called is None:
        with pytest.raises(Stale, match=f"was {was}, now it is {now}"):
            service.turn(Service(verb, "postfix", was), context)
        return
    undo = service.turn(Service(verb, "postfix", was), context)
    assert [call.args[1] for call in context.run.call_args_list] == [called]
    assert (undo["was"] in RUNNING_STATES) == (was in RUNNING_STATES)


def test_a_dovecot_that_died_meanwhile_is_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    context = stopping("failed")
    context.earlier = None
    context.intend.side_effect = dict
    monkeypatch.setattr(dovecot, "_await", Mock())
    turned = dovecot.turn_beside(TurnBeside("restart", "dovecot", "active", ("/x",)), context)
    assert turned["was"] == "active"
    assert context.run.call_args.args == ("systemctl", "restart", "dovecot")


@pytest.mark.parametrize(
    ("now", "verbs"),
    [
        ("active", ["restart"]),
        ("inactive", ["restart"]),
        # Several deaths in a short time use up the starts that systemd allows.
        ("failed", ["reset-failed", "restart"]),
    ],
)
def test_an_undo_gives_back_a_signer_that_was_stopped_meanwhile(
    monkeypatch: pytest.MonkeyPatch, now: str, verbs: list[str]
) -> None:
    """In a run the same is stale, since somebody did it. Mail would wait for a signer that stays down."""
    monkeypatch.setattr(dovecot, "_await", Mock())
    monkeypatch.setattr(signing, "_await_milter", Mock())
    context = stopping(now)
    context.earlier = None
    context.intend.side_effect = dict
    signing.return_signer(ReturnSigner("restart", "opendkim", "active", ("/x",)), context)
    assert [call.args[1] for call in context.run.call_args_list] == verbs
    if now == "inactive":
        with pytest.raises(Stale):
            signing.turn_signer(TurnSigner("restart", "opendkim", "active", ("/x",)), context)


CLOSES = [
    # the exit status of firewall-cmd (None: not installed), what is called
    (0, ["firewall-cmd --remove-service=smtp"] * 2),
    (
        252,
        [
            "firewall-cmd --remove-service=smtp",
            "firewall-offline-cmd --remove-service-from-zone=smtp",
        ],
    ),
    (None, []),
]


@pytest.mark.parametrize(("status", "called"), CLOSES)
def test_a_firewall_that_was_stopped_since_hinders_no_undo(
    monkeypatch: pytest.MonkeyPatch, status: int | None, called: list[str]
) -> None:
    host = Mock(has=lambda _: status is not None)
    monkeypatch.setattr(firewall, "Door", lambda: host)
    monkeypatch.setattr(firewall, "open_services", lambda *_: ())
    context = Mock(earlier=None)
    context.run.side_effect = lambda *argv: Completed(
        argv, (status or 0) if argv[0] == "firewall-cmd" else 0, b"", b""
    )
    firewall.close(CloseFirewall("public", ("smtp",)), context)
    calls = [call.args for call in context.run.call_args_list]
    assert [f"{one[0]} {one[-1]}" for one in calls] == called
