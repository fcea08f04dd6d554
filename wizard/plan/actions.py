"""The actions of a plan's steps, as data; `wizard.run.actions` runs them.

An action has all that a worker needs: the exact text, the exact argv, and the state before. It has
no secrets, so every viewer may see it.
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.plan.files import Key, NewFile, Sha256


@dataclass(frozen=True)
class Install:
    """Run `dnf install PACKAGE` in a terminal of its own. The operator confirms a key import.

    `lays` has for each configuration file the SHA-256 of the bytes from which the plan was made. If
    dnf installs other bytes, the rest of the plan is stale. A package has no secrets, so these
    hashes are stored as they are.
    """

    package: str
    argv: tuple[str, ...]
    lays: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class KeepOriginal:
    """Copy `path` to `original` once, with owner, mode and times; never again."""

    path: str
    original: str
    sha256: Sha256


@dataclass(frozen=True)
class Forget:
    """Remove a gathered tree, or the staging/ of a run whose worker was killed."""

    directory: str


@dataclass(frozen=True)
class StagedCheck:
    """Stage these files together in a private directory and let `postconf -c` read them.

    Fails on a line of stderr that is not in `tolerated` (the complaints about the old file), and if
    a parameter of `expected` has another value.
    """

    files: tuple[NewFile, ...]
    expected: tuple[tuple[str, str], ...]
    tolerated: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReplaceFile:
    """Replace one file atomically by its next text."""

    file: NewFile


@dataclass(frozen=True)
class ReplaceZone(ReplaceFile):
    """Replace a zone file by its next text with the records of keys that the same run makes.

    The text has a mark in the place of each public part (`wizard.dns.key_records.unmade`). `keys` are
    the paths of the private keys. The worker reads the public parts right before it writes. Then
    named-checkzone(8) must load the text as `zone`.
    """

    zone: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class CheckZone:
    """Stage a zone file's next text and let named-checkzone(8) load it as `zone`."""

    zone: str
    file: NewFile


@dataclass(frozen=True)
class ReloadZone:
    """Let named read a zone again (each of `argvs`), then query the zone's serial and MX records.

    `path` is the zone's file, `server` the address to query, "" for no query. The old serial is
    `was`, the new one must be `serial`, and each of `names` must have the MX `mail_host`.
    """

    zone: str
    path: str
    argvs: tuple[tuple[str, ...], ...]
    server: str
    was: int
    serial: int
    names: tuple[str, ...] = ()
    mail_host: str = ""


@dataclass(frozen=True)
class CheckDovecot:
    """Stage our file next to a copy of dovecot.conf that includes it; let doveconf(1) read both.

    The result must have the `parts` (`wizard.postfix.dovecot`) that Dovecot lacks today.
    """

    file: NewFile
    version: str
    parts: tuple[str, ...]
    lmtp: str
    mailbox: str
    cert: str
    key: str
    domains: tuple[str, ...] = ()
    auth_login: bool = False


@dataclass(frozen=True)
class TurnBeside:
    """Run `systemctl VERB UNIT` for another unit than Postfix; `was` is its state now.

    Afterwards a process must listen on each of the UNIX `sockets`.
    """

    verb: str
    unit: str
    was: str
    sockets: tuple[str, ...] = ()


@dataclass(frozen=True)
class TurnSigner(TurnBeside):
    """The same for the program that signs mail (DKIM).

    Its unit counts as started as soon as its process exists, so only a conversation on each of the
    `sockets` proves it. If that fails, the run returns.
    """


@dataclass(frozen=True)
class ReturnSigner(TurnSigner):
    """The same in an undo. If it fails, nothing is put back again."""


@dataclass(frozen=True)
class MakeKey:
    """Make an RSA key of `bits` at `path`, if there is none. The action has no secret.

    The file is 0600 and belongs to `user`. A new directory is 0750, root's and the group's of that
    name.
    """

    path: str
    bits: int
    user: str


@dataclass(frozen=True)
class AskRecords:
    """Ask all servers of the zones again for the records of keys, before anything changes.

    `keys` are pairs of the record's name and the key's path. The records must have the public parts
    of these keys. With `accepts_silence` a server that does not answer fails nothing.
    """

    keys: tuple[tuple[str, str], ...]
    accepts_silence: bool = False


@dataclass(frozen=True)
class ProveSignatures:
    """Send a message of each domain, which this host discards, and verify its signature.

    `keys` are those of `AskRecords`. The run returns if a signature is missing or not right. What
    cannot be observed fails nothing.
    """

    keys: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SetMember:
    """Make a user a member of a group, or, without `is_member`, end that (usermod(8), gpasswd(1))."""

    user: str
    group: str
    is_member: bool = True


@dataclass(frozen=True)
class AskThenFlush:
    """Ask Dovecot by LMTP (RFC 2033) if it accepts mail for `recipient`, without sending DATA.

    Flush the queue (postqueue(1) -f) only after a 250: else the queued mail would bounce.
    """

    socket: str
    recipient: str


@dataclass(frozen=True)
class BuildTable:
    """Build a table with `BUILDER TYPE:PATH` in another place, and rename it if it has the `rows`.

    `builder` is postmap or postalias. It reads main.cf too, so each of its complaints that is not
    in `tolerated` fails the step. If rows have secrets, `keys` says where each is stored. `mode` is
    that of a new table.
    """

    table_type: str
    path: str
    rows: tuple[tuple[str, str], ...]
    tolerated: tuple[str, ...] = ()
    builder: str = "postmap"
    keys: tuple[Key, ...] = ()
    mode: int = 0o644


@dataclass(frozen=True)
class Command:
    """Run one command. Its exit status decides."""

    argv: tuple[str, ...]


@dataclass(frozen=True)
class PostfixCheck:
    """Run `postfix check`, which exits with 0 also after a warning.

    A warning fails the step if it names one of `files`, which the run writes, or no file at all,
    and is not in `tolerated`. A warning about another file is only shown.
    """

    files: tuple[str, ...]
    tolerated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """Run `systemctl VERB postfix` with start, reload or restart. `was` is the unit's state now."""

    verb: str
    unit: str
    was: str


@dataclass(frozen=True)
class HoldMail:
    """Put queued messages on hold that would bounce when a domain's address class changes.

    `before` and `after` are the parameters of main.cf, as written there, that decide the class of a
    domain (`wizard.postfix.classes`). If the queue cannot be read, a strict step fails. Otherwise
    that is only reported, since an undo must continue.
    """

    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]
    is_strict: bool = True


@dataclass(frozen=True)
class EnableUnit:
    """Run `systemctl enable UNIT`; `was` is the output of is-enabled now, for undo."""

    unit: str
    was: str


@dataclass(frozen=True)
class UnitState:
    """A unit with the outputs of is-enabled and is-active."""

    unit: str
    enabled: str
    active: str


@dataclass(frozen=True)
class StopMta:
    """Stop another mail server, `name`, and do not start it at boot.

    `units` are all its units with their states before the run. Undo restores these states.
    """

    name: str
    units: tuple[UnitState, ...]


@dataclass(frozen=True)
class SetAlternative:
    """Run `alternatives --set NAME PATH`; `was` is `auto:PATH` or `manual:PATH` before the run.

    alternatives(8) itself enables and disables units of the choices. `units` are the units that it
    must not enable or disable.
    """

    name: str
    path: str
    was: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenFirewall:
    """Add the services to the permanent zone, then reload. `added` are those that it lacks now.

    `dropped` are the run-time rules that the reload drops and the operator accepted
    (`Firewall.until_reload`).
    """

    zone: str
    services: tuple[str, ...]
    added: tuple[str, ...]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prove:
    """Check the result with wizard.check. Fails if a check of this host is wrong."""


@dataclass(frozen=True)
class Deliver:
    """Send a short message to `recipient` with sendmail(1) and follow its delivery.

    `host` is this server's name. Fails if the message bounces, but not if it is deferred.
    """

    recipient: str
    host: str
