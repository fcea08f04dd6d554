"""Steps as data: what a run will do, why, whether it is already so.

A step's `action` is one of the dataclasses below. It holds all that a worker needs (exact
text, exact argv, what must be there before), and nothing that a viewer must not see: plans
hold no secrets. `wizard.plan.wire` turns a plan to JSON and back; `wizard.run.actions` runs
an action. File texts are bytes throughout: configuration files have no certain encoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

from wizard.answers.model import Caution, Problem
from wizard.plan.hand_edit import HandEdit
from wizard.postfix.proposal import Reason


@dataclass(frozen=True)
class Install:
    """`dnf install PACKAGE` under a terminal of its own; a key import is asked of the operator.

    `lays` maps each configuration file to the sha256 of the bytes that the plan was made
    from: if dnf lays others, all that follows is stale.
    """

    package: str
    argv: tuple[str, ...]
    lays: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class KeepOriginal:
    """Copy `path` to `path.orig` once, with owner, mode and times; never again."""

    path: str
    original: str
    sha256: str


@dataclass(frozen=True)
class Link:
    """A symbolic link to make at `path`; `was` is what stands there now.

    `was` is `file:SHA256`, `link:TARGET` or `missing`.
    """

    path: str
    target: str
    was: str


@dataclass(frozen=True)
class Relink:
    """Make the links of one lineage whole again (facts: `scp -pr` flattens live/).

    `stays`: of a certificate that was issued here, which undo leaves.
    """

    lineage: str
    links: tuple[Link, ...]
    stays: bool = False


@dataclass(frozen=True)
class Fetch:
    """Copy /etc/letsencrypt of another server with scp(1) and judge each lineage of it.

    `host` is [user@]host; `into` names the gathered tree, which is there only once it is whole.
    The host's key and a password are asked of the operator.
    """

    host: str
    into: str


@dataclass(frozen=True)
class Obtain:
    """Have certbot(1) obtain the certificate `name` for `names` from an ACME server.

    `webroot` is the directory that answers a challenge, "" for certbot's own server on port 80.
    `email` and `server` (the ACME directory's URL) may be "". `zone` is the firewall's zone that
    challenges come through, "" for none to open. `into` and `origin` are the gathered tree's.
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
    """A file that comes from a gathered tree, by hash alone.

    `was` is what stands at `path` now, as `Link.was` has it. `sha256` None: the file goes, for
    it belongs to what is replaced. The lines in `without` (first and last, counted from 1) are not
    written; `result` is then the SHA-256 of what is written.
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
        """The SHA-256 of the file once it is in place, None where it goes."""
        return self.result or self.sha256


@dataclass(frozen=True)
class Lay:
    """Copy files of the gathered tree at `tree` to their own paths, owner root.

    `what` names them in a sentence. Directories are made as the tree has them. `stays`: they were
    issued for this host, and undo leaves them, for an ACME server issues only so many.
    """

    what: str
    tree: str
    files: tuple[LaidFile, ...]
    stays: bool = False


@dataclass(frozen=True)
class Renewal:
    """One lineage that certbot renews here from now on.

    `renews_at` and `not_after` (seconds since the epoch) are when certbot renews it, and when it
    expires. `left_out` has the names of what came with it and was not accepted. `server` is the
    ACME server's URL where it is not Let's Encrypt's.
    """

    lineage: str
    renews_at: int
    not_after: int
    left_out: tuple[str, ...] = ()
    server: str = ""


@dataclass(frozen=True)
class ProveRenewals:
    """`certbot renew --dry-run` of each lineage. One that cannot renew is a warning, no failure."""

    renewals: tuple[Renewal, ...]


@dataclass(frozen=True)
class Forget:
    """Remove a gathered tree, or the staging/ of a run whose worker was killed."""

    directory: str


@dataclass(frozen=True)
class SelfSign:
    """Make a self-signed pair with openssl req(1): a trial only.

    `before` are the sha256 of the two files that stand there, None where none does.
    """

    cert_file: str
    key_file: str
    names: tuple[str, ...]
    days: int
    before: tuple[Optional[str], Optional[str]] = (None, None)


@dataclass(frozen=True)
class Key:
    """A secret that stands in a file's next text: read from `path` right before it is written.

    `mark` has its place in the text; `sha256` is the secret's own. `path` holds it alone, or is
    the file that is being replaced, which has it somewhere.
    """

    mark: str
    sha256: str
    path: str


@dataclass(frozen=True)
class NewFile:
    """A file's next text. `before` is the sha256 of what stands there, None when nothing does.

    Where it has secrets, `keys` says where each is, and `opened` is the sha256 of the text with
    them in their places.
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
    """Stage these together in a private directory and let `postconf -c` read them.

    Fails on any line of stderr that is not in `tolerated` (old faults are not ours) and when a
    parameter of `expected` reads differently.
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
    """Have named read a zone again (each of `argvs`), then ask it for the zone's serial and MX.

    `path` is the zone's file, `server` the address that is asked, "" for none. It must say
    `serial` in the end, where it said `was` before, and `mail_host` as an MX of each of `names`.
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
    """Stage our file beside a copy of dovecot.conf that reads it, and let doveconf(1) read both.

    Afterwards Dovecot must have the `parts` (`wizard.postfix.dovecot`) that it lacks today.
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
    """`systemctl VERB UNIT` of a unit beside Postfix; `was` is its state, as in `Service`.

    Somebody must listen on each of `sockets` (UNIX) afterwards.
    """

    verb: str
    unit: str
    was: str
    sockets: tuple[str, ...] = ()


@dataclass(frozen=True)
class AskThenFlush:
    """Ask Dovecot by LMTP (RFC 2033) whether it takes mail for `recipient`; DATA is never said.

    Only on 250 is the queue flushed, postqueue(1) -f: else what waits would bounce.
    """

    socket: str
    recipient: str


@dataclass(frozen=True)
class BuildTable:
    """`BUILDER TYPE:PATH`, built aside and renamed only when it answers; `rows` is its content.

    `builder` is postmap or postalias. Fails on any word of its that is not in `tolerated`: it
    reads main.cf too. Where rows have secrets, `keys` says where each is; `mode` is a new table's.
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
    """One command, whose exit status is what counts."""

    argv: tuple[str, ...]


@dataclass(frozen=True)
class PostfixCheck:
    """`postfix check`, which exits 0 on a warning.

    A warning fails the step when it names one of `files`, which the run writes, or no file at
    all, unless it is in `tolerated`; what it finds wrong elsewhere is the host's own and shown.
    """

    files: tuple[str, ...]
    tolerated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """`systemctl VERB postfix`; verb is start, reload or restart. `was` is the unit's state."""

    verb: str
    unit: str
    was: str


@dataclass(frozen=True)
class HoldMail:
    """Put queued messages on hold that would bounce when a domain's address class changes.

    `before` and `after` are the parameters of main.cf, as written there, that decide the class
    of a domain (`wizard.postfix.classes`). `is_strict`: the step fails where the queue cannot be
    read; else that is only reported, since the way back must go on.
    """

    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]
    is_strict: bool = True


@dataclass(frozen=True)
class ReleaseMail:
    """Release messages that a run put on hold: queue ID and time of arrival of each.

    `settings` are main.cf's parameters with which Postfix's commands find the queue.
    """

    messages: tuple[tuple[str, int], ...]
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class EnableUnit:
    """`systemctl enable UNIT`; `was` is what is-enabled said, for undo."""

    unit: str
    was: str


@dataclass(frozen=True)
class UnitState:
    """A unit with what is-enabled and is-active say of it."""

    unit: str
    enabled: str
    active: str


@dataclass(frozen=True)
class StopMta:
    """Stop another mail server, `name`, and do not start it at boot.

    `units` are all units of it as they were before the run: undo gives each its state again.
    """

    name: str
    units: tuple[UnitState, ...]


@dataclass(frozen=True)
class SetAlternative:
    """`alternatives --set NAME PATH`; `was` is `auto:PATH` or `manual:PATH` before the run.

    alternatives(8) itself enables and disables units of the group's choices. `units` are those
    whose state at boot it must leave as it is.
    """

    name: str
    path: str
    was: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenFirewall:
    """Add the services to the zone for good, then reload; `added` are those not there before.

    `dropped` is what the reload drops, as the operator accepted it (`Firewall.until_reload`).
    """

    zone: str
    services: tuple[str, ...]
    added: tuple[str, ...]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prove:
    """Talk to the result (wizard.check); fails when a check of this host is wrong."""


@dataclass(frozen=True)
class Deliver:
    """Send `recipient` a short message with sendmail(1) and follow it to its end.

    `host` is this server's name. Fails when the message bounces; one that waits is no failure.
    """

    recipient: str
    host: str


@dataclass(frozen=True)
class Past:
    """A path that a run changed, from state `was` to state `now` (as `Link.was` has them).

    `copy` is the absolute path of the kept bytes where `was` is a file, and then owner, mode,
    time (ns since the epoch) and extended attributes (values in base64) are those it had.
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
    """Give each path the state that it had before the run, where it has the run's own.

    `directories` are those that the run made, outermost first: they go where they are empty.
    `links` are the run's links of the lineages that `files` belong to: where certbot has renewed
    one of these since, it needs the files.
    """

    files: tuple[Past, ...]
    directories: tuple[str, ...] = ()
    links: tuple[Past, ...] = ()


@dataclass(frozen=True)
class ReturnUnit:
    """Stop the unit where `to` is not active; else `systemctl VERB`, and hear its greeting."""

    unit: str
    verb: str
    to: str


@dataclass(frozen=True)
class Disable:
    """`systemctl disable UNIT`: it was not started at boot before."""

    unit: str


@dataclass(frozen=True)
class ReturnMta:
    """Give each unit of another mail server its former state: at boot first, then running."""

    name: str
    units: tuple[UnitState, ...]


@dataclass(frozen=True)
class ReturnAlternative:
    """Give an alternative its state `was` again, where it leads to `path` still.

    `units` are as in `SetAlternative`.
    """

    name: str
    path: str
    was: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class CloseFirewall:
    """Take the services from the zone, for good and at run time, without a reload."""

    zone: str
    services: tuple[str, ...]


@dataclass(frozen=True)
class ClosePort:
    """Close port 80 of the zone at run time: a worker that was killed left it open."""

    zone: str


@dataclass(frozen=True)
class Remove:
    """`dnf remove PACKAGE` under a terminal; what dnf would take along is asked of the operator."""

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

    `commands` are the argvs as the operator would type them, for Review; `done` says that it is
    already so and will not be run.
    """

    id: str
    title: str
    why: str
    action: Action
    commands: tuple[tuple[str, ...], ...] = ()
    done: bool = False


@dataclass(frozen=True)
class FileChange:
    """One file of the review: what its `.orig` is, what is live, what is proposed."""

    path: str
    original: Optional[bytes]
    live: Optional[bytes]
    proposed: bytes
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Foreign:
    """What certbot would run, read or write because of a file of another server.

    `name` is what --accept takes, `place` the file and line, `use` what certbot does with it.
    """

    name: str
    place: str
    use: str
    text: str
    accepted: bool = False


@dataclass(frozen=True)
class Plan:
    """An ordered list of steps with what the operator must know before they run.

    `answers` is the TOML text of the answers it was made from (no secrets), `sections` the
    sections that were asked for (empty: all), `cautions` must each be accepted by name,
    `warnings` stop nothing. A plan with `obstacles` can be read but not run. `undoes` is the
    ID of the run that it takes back, "" for a plan that goes forward. `gathers` is the
    certificate's source that it brings in, "" for a plan that changes the host: the plan that
    uses what it brings is made after its run, and only that one's run saves the answers.
    `edits` are what was changed by hand since a run wrote these files; with one of them
    `undecided` the plan can be read but not run. `to_copy` are changes that nothing here writes:
    the operator may copy them. `stays` has, of a plan that takes a run back, a sentence for each
    thing that is there afterwards and was not before. `foreign` is what comes with another
    server's certificates; what is not accepted there is left out of the run. `release` is the major release
    of the distribution that the run is recorded on ("9"), "" where that was not recorded.
    `today` is what the host says before the run, as `answers` is written; "" where nobody set the server up.
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
        """The hand edits that the plan would change and that nothing was chosen for."""
        return tuple(one for one in self.edits if one.undecided)

    @property
    def pending(self) -> tuple[Step, ...]:
        """The steps that are not already so: what a run takes, and all it takes."""
        return tuple(step for step in self.steps if not step.done)
