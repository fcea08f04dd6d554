"""The facts of a host: plain frozen data, so that a plan is a pure function of them.

Paths are absolute as the host itself sees them, also when another root is read. None means that a
fact is not known: a copied /etc has no running firewalld.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Optional

from wizard.certificates.model import CertificatePair, Lineage
from wizard.host.backup_facts import BackupFacts
from wizard.host.firewall_facts import Firewall
from wizard.host.gathered_facts import Gathered
from wizard.host.mta_facts import Mtas
from wizard.host.signing_facts import Signing
from wizard.paths import MANAGED


@dataclass(frozen=True)
class Distribution:
    """os-release(5): `id` and `like` as written there; `is_el` is True for EL 9 and 10."""

    id: str
    like: tuple[str, ...]
    name: str
    version: str
    is_el: bool


@dataclass(frozen=True)
class Package:
    """The Postfix package: `nevra` of the installed one, or of the one that dnf would install.

    `candidate` is True if `nevra` and the files are from the repository's package, not from an
    installed one.
    """

    nevra: str
    candidate: bool


@dataclass(frozen=True)
class Postfix:
    """Postfix's own facts, from postconf(1).

    `version` is mail_version (3.5.25), `default_database_type` the type for new tables (hash,
    lmdb), `table_types` the list of `postconf -m` (empty if not installed), `known_parameters`
    the names in `postconf -d`, `defaults` its values, `instances` multi_instance_directories.
    `stderr` has the warnings of `postconf -n` today: these faults are older than any run.
    `in_force` has the values of IN_FORCE, also those that main.cf does not set, as far as postconf
    prints them.
    """

    package: Optional[Package]
    version: str
    default_database_type: str
    table_types: tuple[str, ...] = ()
    known_parameters: frozenset[str] = frozenset()
    instances: tuple[str, ...] = ()
    stderr: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    in_force: Mapping[str, str] = field(default_factory=dict)

    @property
    def refusal(self) -> str:
        """Why Postfix refuses main.cf, "" if it accepts it."""
        return next((line for line in self.stderr if "fatal: " in line), "")

    @property
    def installed(self) -> bool:
        """True if the package is installed."""
        return self.package is not None and not self.package.candidate


@dataclass(frozen=True)
class FileFacts:
    """A file that the wizard edits: its bytes, None if it does not exist.

    `live` is the file, `original` its `.orig`. Before the installation `live` has the package's
    bytes, and `from_package` is True. `mode`, `uid` and `gid` are those of the live file. `links`
    counts its hard links. `is_link` is True if the path is a symbolic link. `why` says why the file
    exists and could not be read, else "".
    """

    path: str
    live: Optional[bytes]
    original: Optional[bytes]
    from_package: bool = False
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    links: int = 1
    is_link: bool = False
    why: str = ""


def missing_file(path: str, mode: int = 0o644) -> FileFacts:
    """Return the facts of a managed file that does not exist. `mode` is that of a section's file."""
    return FileFacts(path, None, None, mode=MANAGED.get(path, mode))


@dataclass(frozen=True)
class Leftover:
    """A file that rpm(8) wrote next to the package's file `of`; `text` is None if unreadable."""

    path: str
    of: str
    text: Optional[bytes]


@dataclass(frozen=True)
class Unit:
    """systemd's state of a unit; `enabled` is the output of `systemctl is-enabled`."""

    enabled: str = "disabled"
    active: str = "inactive"


@dataclass(frozen=True)
class Listener:
    """A TCP listener: `process` is the program's name, "" if not visible, `pid` its ID.

    `unit` is the systemd unit of the process, read only for Postfix's ports.
    """

    address: str
    port: int
    process: str
    pid: int = field(default=0, compare=False)
    unit: str = ""


@dataclass(frozen=True)
class Network:
    """Names, addresses and resolvers.

    `hostname` is the host's FQDN ("" if it has none), `addresses` are all interface addresses in
    text form, `networks` the interfaces' networks in CIDR form (suggestions for mynetworks).
    `has_ipv6_loopback` is True if lo has ::1. `interfaces` are the names of all interfaces without
    lo, `outside` those of a default route; () if not known.
    """

    hostname: str = ""
    addresses: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    has_ipv6_loopback: bool = False
    resolvers: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dovecot:
    """Dovecot, as far as Postfix needs it.

    `auth_socket` and `lmtp_socket` are True if these sockets exist in Postfix's queue directory.
    `version` ("2.3.13") is "" if Dovecot is not installed or its commands cannot run. `settings`
    are the values of `doveconf -a` by path (`service lmtp/unix_listener lmtp/mode`), `complaint`
    says why there are none; `hangs` is True if doveconf did not end in time. `reads_conf_d` is True if dovecot.conf includes the wizard's file in
    conf.d. `reader` is a local user for tests, "" for none. `waiting` is the number of messages in
    the queue that wait for Dovecot. `backends` are its passdbs and userdbs with their drivers.
    `old_lines` are lines of 2.3 in a configuration of 2.4 that
    doveconf(1) does not report, each with its file.
    """

    auth_socket: bool = False
    lmtp_socket: bool = False
    version: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    complaint: str = ""
    hangs: bool = False
    unit: Unit = field(default_factory=Unit)
    reads_conf_d: bool = False
    reader: str = ""
    waiting: int = 0
    old_lines: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """True if it is installed and not masked, so that it can be started."""
        return bool(self.version) and not self.unit.enabled.startswith("masked")


@dataclass(frozen=True)
class NamedZone:
    """A primary zone of this host's named: `name` without a final dot, `path` its file.

    `file` is None if the file was not read: it is larger (`size`, in bytes) than
    `wizard.dns.zone.LARGEST`, or for the reason `why`. `view` is the zone's view in named.conf.
    `managed` says how it is known that named itself writes or signs the zone. Each is "" for none.
    """

    name: str
    path: str
    file: Optional[FileFacts] = None
    view: str = ""
    managed: str = ""
    size: int = 0
    why: str = ""


@dataclass(frozen=True)
class Secret:
    """A secret in a file of its own, or why it cannot be used (`problem`).

    Both are empty if nothing needs it. The secret is not in the repr.
    """

    path: str = ""
    text: str = field(default="", repr=False)
    problem: str = ""


@dataclass(frozen=True)
class User:
    """A user of passwd(5)."""

    name: str
    uid: int


@dataclass(frozen=True)
class Aliases:
    """The table of /etc/aliases (aliases(5)).

    `table_type` is its type in alias_maps, "" if alias_maps does not have it. `rows` is its content
    as `postalias -s` prints it, None without a table. `why_no_rows` says why it cannot be read,
    else "".
    """

    table_type: str = ""
    rows: Optional[bytes] = None
    why_no_rows: str = ""


@dataclass(frozen=True)
class RelayTable:
    """The indexed sasl_passwd: the output of `postmap -s`, None without a table, and its mode."""

    dump: Optional[bytes] = field(default=None, repr=False)
    mode: int = 0o600


@dataclass(frozen=True)
class Needs:
    """What sections need to know of a host.

    `units` are names such as `named.service`, `programs` are paths. `files` has by path the mode of
    a new one. One that cannot be read stops no other section: its facts say `why`. `tables` are
    those with an indexed table.
    """

    units: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    files: Mapping[str, int] = field(default_factory=dict)
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Host:
    """All facts, read at one moment."""

    root: str
    is_root_user: bool
    distribution: Distribution
    postfix: Postfix
    files: Mapping[str, FileFacts] = field(
        default_factory=lambda: {path: missing_file(path) for path in MANAGED}
    )
    """By path: the files of MANAGED and of `Needs`, also those that do not exist."""
    table: Optional[bytes] = None
    """The indexed sender_access's content as `postmap -s` prints it, None without a table."""
    tables: Mapping[str, Optional[bytes]] = field(default_factory=dict)
    """The indexed tables of `Needs` in the same form, by the path of their text."""
    aliases: Aliases = field(default_factory=Aliases)
    users: tuple[User, ...] = ()
    system_accounts: tuple[str, ...] = ()
    """Users to whom Dovecot never delivers and who have no mailbox, read if the answers need them."""
    lineages: tuple[Lineage, ...] = ()
    self_signed: Optional[CertificatePair] = None
    own_pair: Optional[CertificatePair] = None
    """The pair that the answers name, read once they are known; None if neither file exists."""
    firewall: Firewall = field(default_factory=lambda: Firewall("absent"))
    unit: Unit = field(default_factory=Unit)
    """That of Postfix."""
    units: Mapping[str, Unit] = field(default_factory=dict)
    """The units of `Needs`."""
    programs: frozenset[str] = frozenset()
    """Those programs of `Needs` that are installed."""
    listeners: tuple[Listener, ...] = ()
    network: Network = field(default_factory=Network)
    dovecot: Dovecot = field(default_factory=Dovecot)
    mtas: Mtas = field(default_factory=Mtas)
    systemd: bool = True
    """True if systemd is the init system; always True in another root."""
    parameters: dict[str, str] = field(default_factory=dict)
    """`postconf -n` as Postfix reads the live file; empty when not installed."""
    zones: tuple[NamedZone, ...] = ()
    """The zones that this host's named is primary for, without reverse zones."""
    gathered: tuple[Gathered, ...] = ()
    """The trees that gather runs fetched, one a source."""
    dqs_key: Secret = field(default_factory=Secret)
    """The key of Spamhaus's Data Query Service."""
    relay_table: RelayTable = field(default_factory=RelayTable)
    relay_password: Secret = field(default_factory=Secret)
    """The password at the relay host."""
    relay_targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_plain: bool = True
    """True if Cyrus SASL, with which Postfix logs in, has PLAIN or LOGIN."""
    leftovers: tuple[Leftover, ...] = ()
    """The `.rpmnew` and `.rpmsave` of main.cf and master.cf."""
    crypto_policy: str = ""
    """The name of the system's crypto policy, "" for none (`wizard.host.crypto_policy`)."""
    signing: Signing = field(default_factory=Signing)
    """What the section dkim needs, read once the answers are known."""
    backup: BackupFacts = field(default_factory=BackupFacts)
    """What the section backup needs, read once the answers are known."""
    split: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By new local domain: the mail exchangers of its MX records that are other hosts, as far as known."""
    old_server: str = ""
    """The old server of a move, as in the saved answers."""
    read_at: int = 0
    """Seconds since the epoch; plans compare expiry times with it, so that they are pure."""

    def unit_of(self, name: str) -> Unit:
        """Return the state of a unit, that of a missing one if it was not read."""
        return self.units.get(name, Unit())

    def text(self, path: str) -> bytes:
        """Return the text of a managed file, b"" if it does not exist."""
        return self.files[path].live or b""

    def with_file(self, path: str, /, **changes: Any) -> Host:
        """Return the host with these changes to the facts of one managed file."""
        return replace(self, files={**self.files, path: replace(self.files[path], **changes)})

    def gathered_from(self, source: str) -> Optional[Gathered]:
        """Return the tree from that source, None if there is none."""
        return next((one for one in self.gathered if one.source == source), None)

    def lineage(self, name: str) -> Optional[Lineage]:
        """The lineage of that name, None when there is none."""
        return next((one for one in self.lineages if one.name == name), None)
