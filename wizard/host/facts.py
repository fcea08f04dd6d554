"""The facts of a host: plain frozen data, so that a plan is a pure function of them.

Paths are absolute as the host itself sees them, also when another root is looked at.
None means "could not be known from here" (a copied /etc has no running firewalld).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

from wizard.certificates.model import CertificatePair, ForeignItem, Lineage, LineageFile
from wizard.host.mta_facts import Mtas
from wizard.paths import ALIASES, RENEWAL_HOOK, SASL_PASSWD

DOVECOT_CONF = "/etc/dovecot/conf.d/99-postfix-wizard.conf"
"""The one file of ours below /etc/dovecot; its number lets it come after the distribution's own."""

__all__ = [
    "Aliases",
    "CertificatePair",
    "Distribution",
    "Dovecot",
    "DqsKey",
    "FileFacts",
    "Firewall",
    "ForeignItem",
    "Gathered",
    "GatheredFile",
    "Host",
    "Leftover",
    "Lineage",
    "LineageFile",
    "Listener",
    "NamedZone",
    "Network",
    "Package",
    "Postfix",
    "RelayPassword",
    "RelayTable",
    "Unit",
    "User",
    "Zone",
]


@dataclass(frozen=True)
class Distribution:
    """os-release(5): `id` and `like` as written there; `is_el` says EL 9 or 10 family."""

    id: str
    like: tuple[str, ...]
    name: str
    version: str
    is_el: bool


@dataclass(frozen=True)
class Package:
    """The Postfix package: `nevra` of the installed one, or of the one that dnf would lay.

    `candidate` is true when `nevra` and the files come from the repository's package and not
    from an installed one.
    """

    nevra: str
    candidate: bool


@dataclass(frozen=True)
class Postfix:
    """What Postfix says of itself.

    `version` is mail_version (3.5.25), `default_database_type` the type for new tables (hash,
    lmdb), `table_types` what `postconf -m` lists (empty when not installed),
    `known_parameters` the names in `postconf -d`, `instances` multi_instance_directories,
    `stderr` what `postconf -n` complains of today (old faults are not ours), `defaults` what
    `postconf -d` prints. `in_force` has the names and the networks that hold today, also where
    main.cf does not set them (IN_FORCE), as far as Postfix can be asked.
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
        """Why Postfix itself refuses main.cf, "" where it reads it."""
        return next((line for line in self.stderr if "fatal: " in line), "")

    @property
    def installed(self) -> bool:
        """Whether the package is on the host now."""
        return self.package is not None and not self.package.candidate


@dataclass(frozen=True)
class FileFacts:
    """One file of the wizard's: bytes as they are, None where there is none.

    `live` is the file, `original` its `.orig`; before the installation `live` holds the
    package's own bytes (and `from_package` is true). `mode`, `uid`, `gid` are the live file's.
    `links` counts hard links; `is_link` says a symbolic link stands there.
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


@dataclass(frozen=True)
class Leftover:
    """A file that rpm(8) laid beside `of`, one of the package's; `text` None: it cannot be read."""

    path: str
    of: str
    text: Optional[bytes]


@dataclass(frozen=True)
class Zone:
    """A firewalld zone: what is there for good and what only until the next reload.

    `permanent` and `runtime` are service names; `runtime_only` lists anything (services, ports,
    sources, rules) that a reload would drop, in firewall-cmd's words; `sources` and
    `interfaces` are the permanent and runtime ones together, `bound` the runtime ones alone.
    """

    name: str
    permanent: frozenset[str]
    runtime: frozenset[str]
    runtime_only: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    target: str = "default"
    bound: tuple[str, ...] = ()


@dataclass(frozen=True)
class Firewall:
    """firewalld: `state` is running, stopped, absent, or unknown in another root.

    Stopped and unknown: zones and services are those of the files, and `runtime` is empty.
    `runtime_only` are direct rules that a reload would drop; each zone has its own.
    `starts_at_boot` is False where its unit is disabled, masked or not there.
    """

    state: str
    default_zone: str = ""
    zones: tuple[Zone, ...] = ()
    known_services: frozenset[str] = frozenset()
    runtime_only: tuple[str, ...] = ()
    starts_at_boot: bool = True

    @property
    def is_given_up(self) -> bool:
        """True if firewalld neither runs nor starts at boot: the firewall is another one."""
        return self.state == "absent" or (self.state == "stopped" and not self.starts_at_boot)

    @property
    def until_reload(self) -> tuple[str, ...]:
        """All that a reload would drop, in firewall-cmd's words with the zone."""
        of_zones = (
            f"{rule} (zone {zone.name})" for zone in self.zones for rule in zone.runtime_only
        )
        return (*self.runtime_only, *of_zones)

    def zone(self, name: str) -> Optional[Zone]:
        """The zone of that name, None when firewalld has none."""
        return next((zone for zone in self.zones if zone.name == name), None)


@dataclass(frozen=True)
class Unit:
    """systemd's view of postfix.service; `enabled` is the word of `systemctl is-enabled`."""

    enabled: str = "disabled"
    active: str = "inactive"


@dataclass(frozen=True)
class Listener:
    """A TCP listener: `process` is the program's name, "" when it cannot be seen, `pid` its ID.

    `unit` is the systemd unit that the process is in, read for Postfix's own ports alone.
    """

    address: str
    port: int
    process: str
    pid: int = field(default=0, compare=False)
    unit: str = ""


@dataclass(frozen=True)
class Network:
    """Names, addresses and resolvers.

    `hostname` is the FQDN the host gives itself ("" when it has none), `addresses` all
    interface addresses in text form, `has_ipv6_loopback` whether ::1 is on lo, `networks` the
    interfaces' networks in CIDR form (suggestions for mynetworks). `interfaces` are the names
    of all but lo, `outside` those of a default route; () where they are not known.
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

    `auth_socket` and `lmtp_socket`: whether the sockets that Postfix would talk to are there, below
    the queue. `version` ("2.3.13") is "" where Dovecot is not installed or cannot be asked, `settings`
    what `doveconf -a` prints by path (`service lmtp/unix_listener lmtp/mode`), `complaint` why it
    prints nothing. `conf` is our own file in conf.d, `reads_conf_d` whether dovecot.conf reads it.
    `reader` is a local user whom Dovecot can be asked about, "" for none, `waiting` how many
    messages in the queue wait for Dovecot.
    """

    auth_socket: bool = False
    lmtp_socket: bool = False
    version: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    complaint: str = ""
    unit: Unit = field(default_factory=Unit)
    conf: FileFacts = field(default_factory=lambda: FileFacts(DOVECOT_CONF, None, None))
    reads_conf_d: bool = False
    reader: str = ""
    waiting: int = 0

    @property
    def usable(self) -> bool:
        """Whether it is installed and may be started: a masked one is as good as missing."""
        return bool(self.version) and not self.unit.enabled.startswith("masked")


@dataclass(frozen=True)
class NamedZone:
    """A primary zone of this host's named: `name` without a final dot, `path` its file.

    `file` is None where that was not read: larger (`size`, in bytes) than `wizard.dns.zone.LARGEST`,
    or for the reason `why`. `view` is the view of named.conf that it stands in, `managed` says in
    words how it is seen that named itself writes or signs the zone; each "" for none.
    """

    name: str
    path: str
    file: Optional[FileFacts] = None
    view: str = ""
    managed: str = ""
    size: int = 0
    why: str = ""


@dataclass(frozen=True)
class GatheredFile:
    """One file of a gathered tree, under the path that it is to have on this host.

    `here` is what stands at that path now: `missing`, `file:SHA256`, `link:TARGET`, or `odd` for
    anything else. `mode` are its permission bits in the tree, `mtime_ns` its time (ns since the
    epoch). `text` are the bytes of a file with settings, else None. `foreign` is what certbot
    would run, read or write because of it, and what this host's own file does not say already.
    `differs_in_foreign_only` is true if without such options both files are the same. `remarks`
    say what a renewal needs besides, `server` is the URL of another ACME server than Let's Encrypt's.
    `is_loose_here` is true if other users can write this host's own file, or it is set-uid.
    """

    path: str
    sha256: str
    mode: int
    mtime_ns: int
    here: str
    text: Optional[bytes] = field(default=None, repr=False)
    foreign: tuple[ForeignItem, ...] = ()
    differs_in_foreign_only: bool = False
    remarks: tuple[str, ...] = ()
    server: str = ""
    is_loose_here: bool = False


@dataclass(frozen=True)
class Gathered:
    """What a gather run brought and no plan has used up yet: a tree of /etc/letsencrypt.

    `source` is the certificate's source in the answers, `origin` what it was gathered from
    (`root@old.example`), `at` when (seconds since the epoch), `tree` the absolute path that
    stands for `/`. `lineages` are those of the tree, judged there alone; `problem` of one may
    also say that its chain does not hold. `here_only` are files of these lineages that this host
    alone has, each with its state. `remarks` are what was left out or looked odd, in words.
    """

    source: str
    origin: str
    at: int
    tree: str
    lineages: tuple[Lineage, ...] = ()
    files: tuple[GatheredFile, ...] = ()
    here_only: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()

    def lineage(self, name: str) -> Optional[Lineage]:
        """The lineage of that name, None when there is none."""
        return next((one for one in self.lineages if one.name == name), None)


@dataclass(frozen=True)
class DqsKey:
    """The key of Spamhaus's Data Query Service, or why it cannot be used (`problem`).

    Neither where no list in use needs one. The key is a secret and in no repr.
    """

    path: str = ""
    key: str = field(default="", repr=False)
    problem: str = ""


@dataclass(frozen=True)
class User:
    """A user of passwd(5)."""

    name: str
    uid: int


@dataclass(frozen=True)
class Aliases:
    """/etc/aliases (aliases(5)) and its table.

    `table_type` is the type that alias_maps looks up, "" where that names no table of this file;
    `rows` is the table's content as `postalias -s` prints it, None without a table. `why` says
    why the file cannot be read, `why_no_rows` why the table cannot; "" where each can.
    """

    file: FileFacts = field(default_factory=lambda: FileFacts(ALIASES, None, None))
    table_type: str = ""
    rows: Optional[bytes] = None
    why: str = ""
    why_no_rows: str = ""


@dataclass(frozen=True)
class RelayPassword:
    """The password at the relay host, or why it cannot be used (`problem`).

    Neither where no relay is wanted. The password is a secret and in no repr.
    """

    path: str = ""
    password: str = field(default="", repr=False)
    problem: str = ""


@dataclass(frozen=True)
class RelayTable:
    """The indexed sasl_passwd: what `postmap -s` prints, None without one, and its mode."""

    dump: Optional[bytes] = field(default=None, repr=False)
    mode: int = 0o600


@dataclass(frozen=True)
class Host:
    """All facts, read at one moment."""

    root: str
    is_root_user: bool
    distribution: Distribution
    postfix: Postfix
    main_cf: FileFacts
    master_cf: FileFacts
    sender_access: FileFacts
    hook: FileFacts = field(default_factory=lambda: FileFacts(RENEWAL_HOOK, None, None, mode=0o755))
    """certbot's deploy hook, which has Postfix reload after a renewal."""
    table: Optional[bytes] = None
    """The indexed sender_access's content as `postmap -s` prints it, None without a table."""
    aliases: Aliases = field(default_factory=Aliases)
    users: tuple[User, ...] = ()
    lineages: tuple[Lineage, ...] = ()
    self_signed: Optional[CertificatePair] = None
    own_pair: Optional[CertificatePair] = None
    """The pair that the answers name, read once they are known; None where neither file is there."""
    firewall: Firewall = field(default_factory=lambda: Firewall("absent"))
    unit: Unit = field(default_factory=Unit)
    listeners: tuple[Listener, ...] = ()
    network: Network = field(default_factory=Network)
    dovecot: Dovecot = field(default_factory=Dovecot)
    selinux: bool = False
    mtas: Mtas = field(default_factory=Mtas)
    systemd: bool = True
    """True if systemd is the init system; in another root it is taken to be."""
    parameters: dict[str, str] = field(default_factory=dict)
    """`postconf -n` as Postfix reads the live file; empty when not installed."""
    zones: tuple[NamedZone, ...] = ()
    """The zones that this host's named is primary for, but for reverse ones."""
    named_runs: bool = False
    gathered: tuple[Gathered, ...] = ()
    """What gather runs brought, one a source."""
    dqs_key: DqsKey = field(default_factory=DqsKey)
    sasl_passwd: FileFacts = field(
        default_factory=lambda: FileFacts(SASL_PASSWD, None, None, mode=0o600)
    )
    """Who this server is at its relay host, passwords and all."""
    relay_table: RelayTable = field(default_factory=RelayTable)
    relay_password: RelayPassword = field(default_factory=RelayPassword)
    relay_targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_plain: bool = True
    """Whether Cyrus SASL, which Postfix logs in with, knows PLAIN or LOGIN."""
    certbot: bool = False
    """Whether certbot(1) is installed."""
    leftovers: tuple[Leftover, ...] = ()
    """The `.rpmnew` and `.rpmsave` of main.cf and master.cf."""
    old_server: str = ""
    """The server that is moved from, as the saved answers name it."""
    read_at: int = 0
    """Seconds since the epoch; plans judge expiry by it, so that they stay pure."""

    def gathered_from(self, source: str) -> Optional[Gathered]:
        """What was gathered from that source, None when nothing was."""
        return next((one for one in self.gathered if one.source == source), None)

    def lineage(self, name: str) -> Optional[Lineage]:
        """The lineage of that name, None when there is none."""
        return next((one for one in self.lineages if one.name == name), None)
