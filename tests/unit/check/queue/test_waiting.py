"""Mail that waits: counted from what `postqueue -j` prints, and until when it is kept."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Optional

import pytest

from wizard.certificates.dates import moment
from wizard.check.queue import waiting as queue
from wizard.door import LONGEST_LINE, Door, Running
from wizard.errors import Trouble
from wizard.finding import RIGHT, UNKNOWN, WAITS, WARNING, WRONG, Finding
from wizard.host import waiting
from wizard.host.waiting import Group, Waiting, counted
from wizard.postfix.settings import Settings

SOCKET = "private/dovecot-lmtp"
GONE = f"connect to mail.zeke.ne.jp[{SOCKET}]: No such file or directory"
REFUSED = f"host mail.zeke.ne.jp[{SOCKET}] said: 451 4.3.0 <taro> Temporary internal error"
ELSEWHERE = "connect to mail.example.com[192.0.2.1]:25: Connection timed out"
NOON = 1795521600
DAYS = {"maximal_queue_lifetime": "5d"}


def line(arrived: int, *reasons: str, name: str = "deferred", sender: str = "") -> bytes:
    """A line as Postfix 3.5 and 3.10 print it."""
    to = ", ".join(
        f'{{"address": "taro@zeke.ne.jp", "delay_reason": "{reason}"}}' for reason in reasons
    )
    return (
        f'{{"queue_name": "{name}", "queue_id": "4D90D3DE048", "arrival_time": {arrived}, '
        f'"message_size": 265, "forced_expire": false, "sender": "{sender}", '
        f'"recipients": [{to}]}}\n'
    ).encode()


def judged(what: Waiting, now: float, **own: str) -> Finding:
    found, _ = queue.judge_waiting(what, Settings({**DAYS, **own}), now)
    return found


@pytest.mark.parametrize(
    ("lines", "dovecot", "others"),
    [
        ([], Group(), Group()),
        ([line(NOON, GONE), line(NOON - 60, GONE)], Group(2, NOON - 60), Group()),
        # It answers and refuses: it is still Dovecot that is waited for.
        ([line(NOON, REFUSED)], Group(1, NOON), Group()),
        ([line(NOON, ELSEWHERE)], Group(), Group(1, NOON)),
        # One of two readers is Dovecot's.
        ([line(NOON, ELSEWHERE, GONE)], Group(1, NOON), Group()),
        # On hold nothing expires; what came this moment was not tried yet.
        ([line(NOON, GONE, name="hold"), line(NOON, name="incoming")], Group(), Group()),
        # A sender that looks like a line of its own.
        ([line(NOON, sender='{\\"queue_name\\": \\"deferred')], Group(), Group(1, NOON)),
        ([b"postqueue: fatal: Queue report unavailable\n"], Group(), Group()),
    ],
)
def test_counting(lines: list[bytes], dovecot: Group, others: Group) -> None:
    """Each message once, by what it waits for."""
    found = counted(lines, SOCKET)
    assert (found.dovecot, found.others) == (dovecot, others)


def test_a_message_to_thousands() -> None:
    """Its line is longer than one that is read as one."""
    whole = line(NOON, *[ELSEWHERE] * 2000, GONE)
    pieces = [whole[at : at + LONGEST_LINE] for at in range(0, len(whole), LONGEST_LINE)]
    assert len(pieces) > 1
    found = counted([*pieces, line(NOON, ELSEWHERE)], SOCKET)
    assert (found.dovecot, found.others) == (Group(1, NOON), Group(1, NOON))


def test_ten_thousand_take_no_time() -> None:
    """The counting itself is a small part of a second."""
    lines = [line(NOON + number, GONE) for number in range(10_000)]
    began = time.monotonic()
    assert counted(lines, SOCKET).dovecot == Group(10_000, NOON)
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("5d", 432000), ("7", 604800), ("36h", 129600), ("1w", 604800), ("90m", 5400), ("0", 0)],
)
def test_lifetime(written: str, seconds: int) -> None:
    """As postconf(5) has it; days where no unit stands."""
    assert queue.lifetime(Settings({"maximal_queue_lifetime": written})) == seconds


def test_the_day_on_which_it_would_bounce() -> None:
    """The oldest message's arrival and Postfix's own lifetime; a warning on the last day."""
    three = Waiting(Group(3, NOON), Group(1, NOON))
    found = judged(three, NOON + 2 * 86400)
    since, ends = moment(NOON), moment(NOON + 5 * 86400)
    assert found.verdict == WAITS
    assert found.seen == (
        f"3 messages for Dovecot, the oldest since {since} (2 days ago); they are returned to "
        f"their senders from {ends} on; 1 message for other servers, the oldest since {since} "
        "(2 days ago)"
    )
    assert ends in found.advice
    assert not found.fatal
    assert judged(three, NOON + 4.1 * 86400).verdict == WARNING
    assert judged(three, NOON, maximal_queue_lifetime="12h").verdict == WARNING


def test_nothing_waits_for_dovecot() -> None:
    """What waits for other servers is a mail server's every day."""
    assert judged(Waiting(Group(), Group()), NOON).seen == "none"
    found = judged(Waiting(Group(), Group(2, NOON)), NOON + 60)
    assert (found.verdict, found.seen.startswith("2 messages for other servers")) == (RIGHT, True)


@pytest.mark.parametrize(("count", "is_named"), [(999, False), (1000, True), (1500, True)])
def test_a_queue_of_a_thousand_is_named(count: int, is_named: bool) -> None:
    many = Waiting(Group(), Group(count, NOON))
    found = {one.id: one for one in queue.judge_waiting(many, Settings({}), NOON + 60)}
    assert ("queue.many" in found) is is_named
    if is_named:
        assert found["queue.many"].seen == f"{count:,} messages wait in the queue"


class Postqueue(Door):
    """postqueue says what a test wants."""

    def __init__(self, script: str) -> None:
        super().__init__()
        self._script = script

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        assert tuple(argv) == waiting.POSTQUEUE
        if not self._script:
            raise Trouble("starting postqueue", "Cannot allocate memory", "")
        return super().start(("sh", "-c", self._script), timeout=timeout, data=data)


def asked(script: str) -> Waiting:
    with ThreadPoolExecutor(1) as pool:
        return queue.begin_waiting(Postqueue(script), SOCKET, pool)()


def test_a_queue_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known when the time is up is told as such."""
    monkeypatch.setattr(waiting, "SECONDS", 0.3)
    began = time.monotonic()
    found = asked(f"echo '{line(NOON, GONE).decode().strip()}'; exec sleep 60")
    assert time.monotonic() - began < 5
    assert found == Waiting(Group(1, NOON), Group(), whole=False)
    assert judged(found, NOON).seen.startswith("at least 1 message for Dovecot")


@pytest.mark.parametrize(
    ("script", "count"),
    [
        (f"printf '%s' '{line(NOON, GONE).decode()}{line(NOON, name='hold').decode()}'", 2),
        ("true", 0),
        ("echo 'postqueue: fatal: Queue report unavailable' >&2; exit 69", None),
        (f"echo '{line(NOON, GONE).decode().strip()}'; exec sleep 60", None),
        ("", None),
    ],
)
def test_how_many_messages_are_in_the_queue(
    script: str, count: Optional[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SECONDS", 0.5)
    assert waiting.count_queued(Postqueue(script)) == count


def test_postqueue_that_cannot_be_asked() -> None:
    """The rest of the check goes on."""
    found = judged(asked(""), NOON)
    assert (found.verdict, found.seen) == (UNKNOWN, "not known: Cannot allocate memory")


def test_a_count_that_was_cut_off_does_not_say_that_nothing_waits() -> None:
    found = judged(Waiting(Group(), Group(3, NOON), whole=False), NOON)
    assert found.verdict == UNKNOWN
    assert "at least 3 messages" in found.seen
    assert "not read to its end" in found.seen


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        (ELSEWHERE, RIGHT),
        ("host mx.example.com[192.0.2.1] said: 450 4.2.0 Greylisted", RIGHT),
        ("host mx.example.com[192.0.2.1] refused to talk to me: 421 busy", RIGHT),
        (
            "SASL authentication failed; cannot authenticate to server r[1]: no mechanism available",
            WRONG,
        ),
        ("TLS is required, but was not offered by host r.example[192.0.2.1]", WRONG),
        ("mail for x.example loops back to myself", WRONG),
        ("mail transport unavailable", WRONG),
        ("Host or domain name not found. Name service error for name=gmial.example", RIGHT),
        ("host mx[192.0.2.1] said: 452 4.2.2 Mailbox full", RIGHT),
        ("host mx[192.0.2.1] said: 451 4.3.0 Temporary lookup failure", RIGHT),
        ("host mx[192.0.2.1] said: 450 unable to verify", RIGHT),
        ("host relay[192.0.2.1] said: 530 5.7.0 Authentication required", WRONG),
        ("connect to 192.0.2.1[192.0.2.1]:25: Network is unreachable", WRONG),
        ("alias database unavailable", WRONG),
        ("connect to mx1.mailbox.org[192.0.2.1]:25: Connection timed out", RIGHT),
        ("lost connection with mx.quota-disk.example[192.0.2.1] while sending RCPT TO", RIGHT),
        ("Name service error for name=fatal.example type=MX: Host not found, try again", RIGHT),
        ("connect to mail.example.com[private/other]: No such file or directory", WRONG),
    ],
)
def test_mail_that_waits_for_a_fault_of_ours(reason: str, verdict: str) -> None:
    found = counted([line(NOON, reason)], SOCKET)
    assert found.reasons == (reason,)
    _, deferred = queue.judge_waiting(found, Settings(DAYS), NOON + 60)
    assert (deferred.id, deferred.verdict) == ("queue.deferred", verdict)


def test_reasons_are_few_and_those_of_dovecot_are_not_among_them() -> None:
    lines = [line(NOON, f"reason {number}") for number in range(99)]
    lines += [line(NOON, GONE)]
    assert len(counted(lines, SOCKET).reasons) == waiting.MOST_REASONS
    assert not any(SOCKET in one for one in counted(lines, SOCKET).reasons)
    quoted = line(NOON, 'said \\"no\\" \\u00e9')
    assert counted([quoted], SOCKET).reasons == ('said "no" \u00e9',)


def refusal(address: str, reason: str) -> bytes:
    return line(NOON, reason).replace(b"taro@zeke.ne.jp", address.encode())


def test_the_recipient_that_dovecot_refuses_is_named_with_the_reason() -> None:
    """No later try delivers it, so the finding must not promise that."""
    said = REFUSED.replace("<taro>", "<daemon@zeke.ne.jp>")
    found = counted([refusal("daemon@zeke.ne.jp", said), line(NOON, GONE)], SOCKET)
    assert found.dovecot == Group(2, NOON)
    assert found.refused == (("daemon@zeke.ne.jp", said),)
    stuck = judged(found, NOON)
    assert stuck.verdict == WAITS
    assert (
        "Dovecot refused daemon@zeke.ne.jp (a system account, uid 1) when it was tried last: 451"
    ) in stuck.seen
    assert "`daemon: root`" in stuck.advice
    assert "Once Dovecot takes mail" not in stuck.advice
    other = judged(counted([refusal("no-such-7@zeke.ne.jp", said)], SOCKET), NOON)
    assert "`doveadm user no-such-7`" in other.advice
    two = [refusal("daemon+x@zeke.ne.jp", said), refusal("bin@zeke.ne.jp", said)]
    assert "and 1 other recipient" in judged(counted(two, SOCKET), NOON).seen
    assert counted([line(NOON, GONE)], SOCKET).refused == ()
