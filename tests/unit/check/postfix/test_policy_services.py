"""What policy services answer: only one that refuses, or permits, whatever is asked is named."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from wizard.check.postfix import policy_services
from wizard.check.postfix.policy_services import begin_policies
from wizard.finding import RIGHT, UNKNOWN, WRONG, Finding
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings

EOD, RECIPIENT, RELAY = (
    f"smtpd_{one}_restrictions" for one in ("end_of_data", "recipient", "relay")
)
LOCAL, STRANGER = "client_address=127.0.0.1\n", "client_address=62.99.12.77\n"


@contextmanager
def service(path: Path, answers: dict[str, str]) -> Iterator[None]:
    """A policy service that answers by the first text that the request has; "" closes in silence."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        while True:
            try:
                there, _ = listener.accept()
            except OSError:
                return
            with there:
                said = there.recv(65536).decode()
                action = next((answers[one] for one in answers if one in said), "")
                if action:
                    there.sendall(f"action={action}\n\n".encode())

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def judged(own: dict[str, str], *, asks_others: bool = True, master: str = "") -> list[Finding]:
    services = MasterCf.parse(master.encode()).services
    with ThreadPoolExecutor() as pool:
        return list(
            begin_policies(
                Settings(own),
                services,
                "taro@here.example",
                pool,
                helo="me",
                asks_others=asks_others,
            )()
        )


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ({"": "DEFER"}, WRONG),
        ({"": "REJECT no mail today"}, WRONG),
        ({LOCAL: "550 5.7.1 no", STRANGER: "DEFER_IF_PERMIT no"}, WRONG),
        ({LOCAL: "DUNNO", STRANGER: "REJECT"}, RIGHT),
        ({LOCAL: "REJECT", STRANGER: "OK"}, RIGHT),
        ({"": "DEFER_IF_PERMIT Greylisted"}, RIGHT),
        ({"": "REJECT SPF fail"}, RIGHT),
        ({"": "450 4.7.1 try again later"}, RIGHT),
        ({"": "PREPEND X-Seen: yes"}, RIGHT),
        ({LOCAL: "DUNNO", STRANGER: ""}, UNKNOWN),
    ],
)
def test_behind_rcpt(tmp_path: Path, answers: dict[str, str], verdict: str) -> None:
    with service(tmp_path / "s", answers):
        (found,) = judged({EOD: f"check_policy_service unix:{tmp_path}/s"})
    assert found.verdict == verdict
    assert verdict != WRONG or str(tmp_path) in found.seen


@pytest.mark.parametrize(
    ("lists", "action", "verdict"),
    [
        (
            {RELAY: "{0}, reject_unauth_destination", RECIPIENT: "{0}, reject_unauth_destination"},
            "OK",
            WRONG,
        ),
        ({RELAY: "{0}, reject", RECIPIENT: "permit_mynetworks, {0}"}, "permit", WRONG),
        ({RELAY: "", RECIPIENT: "{0}, reject_unauth_destination"}, "OK", WRONG),
        ({RELAY: "", RECIPIENT: "{0}, reject_unauth_destination"}, "DUNNO", RIGHT),
        ({RELAY: "", RECIPIENT: "{0}, reject_unauth_destination"}, "REJECT", RIGHT),
        # One of the two lists refuses: nobody relays.
        (
            {RELAY: "defer_unauth_destination", RECIPIENT: "{0}, reject_unauth_destination"},
            "OK",
            "",
        ),
        ({RELAY: "", RECIPIENT: "reject_unauth_destination, {0}"}, "OK", ""),
        ({RELAY: "", RECIPIENT: "warn_if_reject {0}, reject_unauth_destination"}, "OK", ""),
    ],
)
def test_before_the_rule_against_relaying(
    tmp_path: Path, lists: dict[str, str], action: str, verdict: str
) -> None:
    asks = f"check_policy_service unix:{tmp_path}/s"
    with service(tmp_path / "s", {"recipient=relay-test@example.net\n": action}):
        found = judged({name: text.format(asks) for name, text in lists.items()})
    assert "".join(one.verdict for one in found) == verdict


def test_one_that_says_nothing_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy_services, "SECONDS", 0.2)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        (found,) = judged({EOD: f"check_policy_service unix:{tmp_path}/s"})
    assert found.verdict == UNKNOWN


def test_the_list_of_port_25_itself_counts(tmp_path: Path) -> None:
    master = f"25 inet n - n - - smtpd\n  -o {EOD}=permit_mynetworks\n"
    assert judged({EOD: f"check_policy_service unix:{tmp_path}/s"}, master=master) == []


def test_what_a_service_asks_others_is_not_known(tmp_path: Path) -> None:
    own = {EOD: f"check_policy_service {{ unix:{tmp_path}/s, timeout=1s }}"}
    (found,) = judged(own, asks_others=False)
    assert (found.verdict, "--quiet-outside" in found.seen) == (UNKNOWN, True)


def test_services_of_other_hosts_are_left_alone() -> None:
    assert judged({EOD: "check_policy_service inet:192.0.2.7:10031"}) == []
