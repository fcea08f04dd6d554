"""Facts about other mail servers: their units, their queues, and alternatives' group `mta`."""

from __future__ import annotations

from dataclasses import dataclass

SENDMAIL_OF_POSTFIX = "sendmail.postfix"
"""The name of Postfix's sendmail(1), as EL's package registers it with alternatives(8)."""

STARTED_AT_BOOT = frozenset({"enabled", "enabled-runtime"})
RUNNING = frozenset({"active", "activating", "reloading"})


@dataclass(frozen=True)
class KnownMta:
    """A mail server of EL or EPEL, with its units in the order in which they are started.

    `queues` are directories, each with the depth of its messages below it, and the pattern of the
    one file or directory of each message. `send` is the command that sends the queue.
    """

    name: str
    units: tuple[str, ...]
    queues: tuple[tuple[str, int, str], ...]
    send: str


KNOWN = (
    KnownMta(
        "Sendmail",
        ("sendmail.service", "sm-client.service"),
        (("/var/spool/mqueue", 0, "qf*"), ("/var/spool/clientmqueue", 0, "qf*")),
        "/usr/sbin/sendmail.sendmail -q -v",
    ),
    KnownMta(
        "Exim",
        ("exim.service", "exim4.service"),
        (("/var/spool/exim/input", 0, "*-H"), ("/var/spool/exim/input", 1, "*-H")),
        "/usr/sbin/exim -qff -v",
    ),
    KnownMta(
        "OpenSMTPD",
        ("opensmtpd.service",),
        (("/var/spool/smtpd/queue", 1, "*"),),
        "smtpctl schedule all",
    ),
)
"""The first of them to start takes port 25."""

UNITS = tuple(unit for mta in KNOWN for unit in mta.units)


@dataclass(frozen=True)
class MtaUnit:
    """A unit's state: the outputs of `systemctl is-enabled` and `is-active`."""

    unit: str
    enabled: str
    active: str

    @property
    def is_in_use(self) -> bool:
        """True if it runs, or is started at boot."""
        return self.enabled in STARTED_AT_BOOT or self.active in RUNNING


@dataclass(frozen=True)
class OtherMta:
    """An installed mail server besides Postfix; `queued` is the number of messages in its queue."""

    name: str
    units: tuple[MtaUnit, ...]
    queued: int = 0
    queues: tuple[str, ...] = ()
    send: str = ""


@dataclass(frozen=True)
class Alternative:
    """Which program sendmail(1) is: alternatives' group `mta`.

    `mode` is auto or manual, `current` the target of /etc/alternatives/mta; both are "" without
    this link. `choices` are the registered paths with their priorities.
    """

    mode: str = ""
    current: str = ""
    choices: tuple[tuple[str, int], ...] = ()

    @property
    def state(self) -> str:
        """Both in one word, as in plans and journals: `auto:/usr/sbin/sendmail.postfix`."""
        return f"{self.mode}:{self.current}"

    @property
    def is_other(self) -> bool:
        """True if sendmail(1) is another server's than Postfix's."""
        return bool(self.current) and not self.current.endswith(f"/{SENDMAIL_OF_POSTFIX}")

    @property
    def of_postfix(self) -> str:
        """The path of Postfix's own choice; before the installation, the path on EL."""
        ours = (path for path, _ in self.choices if path.endswith(f"/{SENDMAIL_OF_POSTFIX}"))
        return next(ours, f"/usr/sbin/{SENDMAIL_OF_POSTFIX}")


@dataclass(frozen=True)
class Mtas:
    """The other mail servers of a host; most hosts have none."""

    others: tuple[OtherMta, ...] = ()
    alternative: Alternative = Alternative()
