"""Steps as data: what a run does, why, and if it is already done.

A step's `action` is one of the dataclasses below. It has all that a worker needs: the exact text,
the exact argv, and the state before. A plan has no secrets, so every viewer may see it.
`wizard.plan.wire` converts a plan to JSON and back; `wizard.run.actions` runs an action. File texts
are bytes, since configuration files have no defined encoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

from wizard.answers.model import Caution, Problem
from wizard.plan.hand_edit import HandEdit
from wizard.postfix.proposal import Reason


@dataclass(frozen=True)
class Install:
    """Run `dnf install PACKAGE` in a terminal of its own. The operator confirms a key import.

    `lays` has for each configuration file the SHA-256 of the bytes from which the plan was made. If
    dnf installs other bytes, the rest of the plan is stale.
    """

    package: str
    argv: tuple[str, ...]
    lays: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class KeepOriginal:
    """Copy `path` to `original` once, with owner, mode and times; never again."""

    path: str
    original: str
    sha256: str


@dataclass(frozen=True)
class Link:
    """A symbolic link to make at `path`.

    `was` is the state of the path now: `file:SHA256`, `link:TARGET` or `missing`.
    """

    path: str
    target: str
    was: str


@dataclass(frozen=True)
class Relink:
    """Repair the links of one lineage: `scp -pr` copies files instead of the links in live/.

    `stays` is True for a certificate that was issued for this host: undo does not remove it.
    """

    lineage: str
    links: tuple[Link, ...]
    stays: bool = False


@dataclass(frozen=True)
class Fetch:
    """Copy /etc/letsencrypt of another server with scp(1), and validate each lineage.

    `host` is [user@]host. `into` names the gathered tree, which exists only when it is complete.
    The operator confirms the host's key and types a password.
    """

    host: str
    into: str


@dataclass(frozen=True)
class Obtain:
    """Let certbot(1) obtain the certificate `name` for `names` from an ACME server.

    `webroot` is the directory for the challenge, "" for certbot's own server on port 80. `email`
    and `server` (the URL of the ACME directory) may be "". `zone` is the firewall zone in which port
    80 is opened meanwhile, "" for none. `into` and `origin` belong to the gathered tree.
    """

    name: str
    names: tuple[str, ...]
    webroot: str
    email: str
    server: str
    zone: str
    into: str
    origin: str


@dataclass(frozen=True)
class LaidFile:
    """A file of a gathered tree, by its hash only.

    `was` is the state of `path` now, as in `Link.was`. If `sha256` is None, the file is removed: it
    belongs to a replaced lineage. The lines in `without` (first and last, from 1) are not written;
    `result` is then the SHA-256 of the written file.
    """

    path: str
    was: str
    sha256: Optional[str]
    mode: int = 0o600
    mtime_ns: int = 0
    without: tuple[tuple[int, int], ...] = ()
    result: str = ""

    @property
    def written(self) -> Optional[str]:
        """The SHA-256 of the installed file, None if it is removed."""
        return self.result or self.sha256


@dataclass(frozen=True)
class Lay:
    """Copy files of the gathered tree at `tree` to their own paths, with owner root.

    `what` names them in a sentence. Directories are made as in the tree. `stays` is True for files
    that were issued for this host. Undo does not remove them, since ACME servers have limits.
    """

    what: str
    tree: str
    files: tuple[LaidFile, ...]
    stays: bool = False


@dataclass(frozen=True)
class Renewal:
    """One lineage that certbot renews here from now on.

    `renews_at` and `not_after` (seconds since the epoch) are the times of its renewal and of its
    expiry. `left_out` has the names of foreign items that were not accepted. `server` is the URL of
    the ACME server, "" for Let's Encrypt.
    """

    lineage: str
    renews_at: int
    not_after: int
    left_out: tuple[str, ...] = ()
    server: str = ""


@dataclass(frozen=True)
class ProveRenewals:
    """Run `certbot renew --dry-run` for each lineage. A failure is only a warning."""

    renewals: tuple[Renewal, ...]


@dataclass(frozen=True)
class Forget:
    """Remove a gathered tree, or the staging/ of a run whose worker was killed."""

    directory: str


@dataclass(frozen=True)
class SelfSign:
    """Make a self-signed pair with openssl req(1), for a trial only.

    `before` are the SHA-256 of the two files that are replaced, None if there is no such file.
    """

    cert_file: str
    key_file: str
    names: tuple[str, ...]
    days: int
    before: tuple[Optional[str], Optional[str]] = (None, None)


@dataclass(frozen=True)
class Key:
    """A secret of a file's next text. The worker reads it from `path` right before it writes.

    `mark` is in its place in the text; `sha256` is that of the secret. `path` contains only the
    secret, or is the file that is being replaced and that contains it somewhere.
    """

    mark: str
    sha256: str
    path: str


@dataclass(frozen=True)
class NewFile:
    """A file's next text. `before` is the SHA-256 of the file now, None if there is none.

    If the text has secrets, `keys` says where each is stored, and `opened` is the SHA-256 of the
    text with the secrets in place of their marks.
    """

    path: str
    text: bytes
    before: Optional[str]
    mode: int = 0o644
    reasons: tuple[Reason, ...] = ()
    keys: tuple[Key, ...] = ()
    opened: str = ""


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
class ReleaseMail:
    """Release messages that a run put on hold: the queue ID and the time of arrival of each.

    `settings` are the parameters of main.cf by which Postfix's commands find the queue.
    """

    messages: tuple[tuple[str, int], ...]
    settings: tuple[tuple[str, str], ...]


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


@dataclass(frozen=True)
class Past:
    """A path that a run changed from the state `was` to the state `now` (as in `Link.was`).

    If `was` is a file, `copy` is the absolute path of the saved bytes. `uid`, `gid`, `mode`,
    `mtime_ns` (since the epoch) and `xattrs` (values in base64) are then those of that file.
    """

    path: str
    was: str
    now: str
    copy: str = ""
    uid: int = 0
    gid: int = 0
    mode: int = 0
    mtime_ns: int = 0
    xattrs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PutBack:
    """Put back the former state of each path that is as the run wrote it.

    `directories` are those that the run made, outermost first; they are removed if they are empty.
    `links` are the run's links of the lineages of `files`. If certbot renewed a lineage since, it
    needs the files.
    """

    files: tuple[Past, ...]
    directories: tuple[str, ...] = ()
    links: tuple[Past, ...] = ()


@dataclass(frozen=True)
class ReturnUnit:
    """Stop the unit if `to` is not active; else run `systemctl VERB` and wait for its greeting."""

    unit: str
    verb: str
    to: str


@dataclass(frozen=True)
class Disable:
    """Run `systemctl disable UNIT`: the unit was not started at boot before."""

    unit: str


@dataclass(frozen=True)
class ReturnMta:
    """Restore each unit of another mail server: first if it starts at boot, then if it runs."""

    name: str
    units: tuple[UnitState, ...]


@dataclass(frozen=True)
class ReturnAlternative:
    """Restore the state `was` of an alternative, if it still leads to `path`.

    `units` are those of `SetAlternative`.
    """

    name: str
    path: str
    was: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class CloseFirewall:
    """Remove the services from the permanent and the run-time zone, without a reload."""

    zone: str
    services: tuple[str, ...]


@dataclass(frozen=True)
class ClosePort:
    """Close port 80 of the zone at run time, which a killed worker did not close."""

    zone: str


@dataclass(frozen=True)
class Remove:
    """Run `dnf remove PACKAGE` in a terminal. The operator confirms what dnf would also remove."""

    package: str
    argv: tuple[str, ...]


Action = Union[
    Install,
    KeepOriginal,
    Relink,
    Fetch,
    Obtain,
    Lay,
    ProveRenewals,
    Forget,
    SelfSign,
    StagedCheck,
    ReplaceFile,
    CheckZone,
    ReloadZone,
    CheckDovecot,
    TurnBeside,
    AskThenFlush,
    BuildTable,
    Command,
    PostfixCheck,
    Service,
    HoldMail,
    ReleaseMail,
    EnableUnit,
    StopMta,
    SetAlternative,
    OpenFirewall,
    Prove,
    Deliver,
    PutBack,
    ReturnUnit,
    Disable,
    ReturnMta,
    ReturnAlternative,
    CloseFirewall,
    ClosePort,
    Remove,
]


@dataclass(frozen=True)
class Step:
    """One step. `id` is stable (`main.cf`, `firewall`), unique in its plan, and names its output.

    `commands` are the argvs that an operator would type, for Review. `done` is True if the host is
    already in this state: the run skips the step.
    """

    id: str
    title: str
    why: str
    action: Action
    commands: tuple[tuple[str, ...], ...] = ()
    done: bool = False


@dataclass(frozen=True)
class FileChange:
    """One file of the review: the texts of its `.orig`, of the live file and of the proposal."""

    path: str
    original: Optional[bytes]
    live: Optional[bytes]
    proposed: bytes
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Foreign:
    """Something that certbot would run, read or write because of a file of another server.

    `name` is the name for --accept, `place` the file and line, `use` what certbot does with it.
    """

    name: str
    place: str
    use: str
    text: str
    accepted: bool = False


@dataclass(frozen=True)
class Plan:
    """An ordered list of steps with what the operator must know before they run.

    - `answers`: the TOML text of the answers from which it was made, without secrets.
    - `today`: the answers read back before the run, as TOML; "" if nobody set the server up.
    - `sections`: the requested sections, empty for all.
    - `obstacles`: a plan with obstacles cannot be run, only shown.
    - `cautions`: each must be accepted by name and value. `warnings` stop nothing.
    - `edits`: the hand edits. A plan with `undecided` ones cannot be run, only shown.
    - `to_copy`: changes that no step writes; the operator may copy them.
    - `undoes`: the ID of the run that it undoes, "" if it is not an undo.
    - `stays`: in an undo, a sentence for each thing that remains and was not there before the run.
    - `gathers`: the certificate's source of a gather run, "" for a plan that changes the host. A
      second plan uses the gathered certificates, and only its run saves the answers.
    - `foreign`: items of another server. The run does not copy those that are not accepted.
    - `release`: the major release of the distribution ("9"), "" if it was not recorded.
    """

    answers: str
    sections: tuple[str, ...]
    steps: tuple[Step, ...]
    files: tuple[FileChange, ...]
    cautions: tuple[Caution, ...] = ()
    warnings: tuple[str, ...] = ()
    obstacles: tuple[Problem, ...] = ()
    undoes: str = ""
    gathers: str = ""
    edits: tuple[HandEdit, ...] = ()
    to_copy: tuple[FileChange, ...] = ()
    stays: tuple[str, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    release: str = ""
    today: str = ""

    @property
    def undecided(self) -> tuple[HandEdit, ...]:
        """The conflicts that the operator must still decide."""
        return tuple(one for one in self.edits if one.undecided)

    @property
    def pending(self) -> tuple[Step, ...]:
        """The steps that are not done yet: a run takes exactly these."""
        return tuple(step for step in self.steps if not step.done)
