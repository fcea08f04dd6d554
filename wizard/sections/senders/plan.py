"""Plan who may write which sender: sender_login and its table (postconf(5), SASL_README).

main.cf and master.cf follow from the answers alone (`wizard.postfix.hardening`).
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard.answers.model import Caution, Problem, local_domains
from wizard.answers.sections.senders import SENDER_LOGIN
from wizard.host.facts import Host
from wizard.paths import ALIASES
from wizard.plan.model import Step
from wizard.plan.part import Part, Request
from wizard.plan.planned_file import PlannedFile
from wizard.postfix.aliases import propose_aliases
from wizard.postfix.hardening import MAPS, ON, SENDERS, uses_table
from wizard.postfix.proposal import Proposal
from wizard.postfix.system_accounts import accounts_on
from wizard.sections.reading import main_cf
from wizard.sections.senders.owners import Owners, owners_of
from wizard.sections.senders.table import propose_table
from wizard.text import printable, shortened

DIRECTORIES = ("sssd.service", "nslcd.service", "winbind.service")
"""Programs whose users are not in /etc/passwd."""
MAX_LINES = 50_000
"""Lines of sender_login: its rows are edited in a second or two."""
_VIRTUAL = ("virtual_alias_maps", "virtual_alias_domains", "virtual_mailbox_domains")
_SHOWN = 5


def plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    host, current = request.host, request.current
    if SENDERS not in request.scope:
        return Part()
    was_on = current is not None and current.senders.use == ON
    if request.answers.senders.use != ON:
        return _switched_off(host) if was_on and request.scope.named else Part()
    maps = main_cf(host).value(MAPS) or ""
    if maps and not uses_table(maps):
        return Part(warnings=(foreign(maps),))
    try:
        owners = _owners(request)
    except ValueError as fault:
        return Part(obstacles=(Problem(SENDERS, "use", f"{fault}"),))
    proposal = propose_table(
        host.files[SENDER_LOGIN].live, owners.rows, request.protected_in(SENDER_LOGIN)
    )
    file = PlannedFile(host.files[SENDER_LOGIN], proposal)
    return Part(
        files=(file,),
        tables=tuple(_steps(file, host, request.tolerated)),
        cautions=() if was_on else tuple(_directory(request)),
        warnings=(*proposal.warnings, *_skipped(owners), *(() if was_on else _limits(host))),
    )


def _owners(request: Request) -> Owners:
    """Return the owners of the senders. Raises ValueError if there can be no table of them."""
    host, answers = request.host, request.answers
    why = _why_not(host)
    if why:
        raise ValueError(why)
    owners = owners_of(
        host.users, _aliases(request), answers.senders.logins, local_domains(answers)
    )
    if not owners.rows:
        raise ValueError(_NOBODY)
    return owners


_NOBODY = (
    "this host has no user of its own (uid 1000 or above in /etc/passwd), so nobody could send: "
    'name the logins, such as logins = ["taro"]'
)


def _switched_off(host: Host) -> Part:
    """Return the part that names the file. It stays, since the operator may have rows in it."""
    if host.files[SENDER_LOGIN].live is None:
        return Part()
    file = PlannedFile(host.files[SENDER_LOGIN], Proposal(host.text(SENDER_LOGIN)))
    note = (
        f"{SENDER_LOGIN} and its table stay, and Postfix reads them no more: `rm {SENDER_LOGIN}*`"
    )
    return Part(files=(file,), warnings=(note,))


def foreign(maps: str) -> str:
    """Return the sentence for a table of somebody else, which stays alone in force."""
    return (
        f"senders: {MAPS} = {printable(maps)} is another table, which stays: this section writes "
        f"none and changes nothing. Take it out of main.cf for the wizard's own, or let [hardening] "
        "use yours."
    )


def _why_not(host: Host) -> str:
    """Return why the table cannot be made or edited, "" if it can."""
    file, aliases = host.files[SENDER_LOGIN], host.files[ALIASES]
    live = file.live or b""
    faults = (
        (bool(file.why), f"{SENDER_LOGIN} cannot be read: {file.why}"),
        (
            bool(aliases.why),
            f"{ALIASES} cannot be read, and its aliases are senders: {aliases.why}",
        ),
        (
            file.is_link or file.links > 1,
            f"{SENDER_LOGIN} is a link, which replacing would cut; put a plain file there first",
        ),
        (
            b"\0" in live,
            f"{SENDER_LOGIN} has NUL bytes and is no text of a table; move it to another place",
        ),
        (
            live.count(b"\n") > MAX_LINES,
            f"{SENDER_LOGIN} has more than {MAX_LINES} lines; move your rows to a table of their own",
        ),
    )
    return next((words for wrong, words in faults if wrong), "")


def _aliases(request: Request) -> bytes:
    """Return the aliases as the same plan writes them, b"" if Postfix does not read the file."""
    if not request.host.aliases.table_type:
        return b""
    live, reader, before = (
        request.host.text(ALIASES),
        request.answers.aliases.root,
        request.rerun_from,
    )
    found = accounts_on(request.host, request.answers).aliased
    is_same = before is not None and before.aliases.root == reader and not found
    if "aliases" not in request.scope or not reader or is_same:
        return live
    return propose_aliases(
        live, reader, protected=request.protected_in(ALIASES), accounts=found
    ).text


def _steps(file: PlannedFile, host: Host, tolerated: tuple[str, ...]) -> Iterator[Step]:
    """Yield the steps that write the file and build its table."""
    kind, dump = host.postfix.default_database_type, host.tables.get(SENDER_LOGIN)
    yield file.write("Write sender_login", "Who may write which sender; your own rows stay.")
    yield file.index("Build the table of senders and logins", kind, dump, tolerated)


def _directory(request: Request) -> Iterator[Caution]:
    """Yield a caution if users may be in a directory, and no login of theirs is named."""
    units = [one for one in DIRECTORIES if request.host.unit_of(one).active == "active"]
    names = tuple(one.partition(".")[0] for one in units)
    if names and not request.answers.senders.logins:
        yield Caution(
            "senders-directory",
            f"{', '.join(names)} runs here, so there may be users that are not in /etc/passwd: "
            "none of them could send any more. Name them in the answers, such as "
            'logins = ["yamada"] in [senders].',
            names,
        )


def _skipped(owners: Owners) -> Iterator[str]:
    if owners.skipped:
        names = [printable(one) for one in owners.skipped]
        yield (
            f"senders: {shortened(names, _SHOWN)} of /etc/passwd cannot be a login in the table, and "
            "may write no sender"
        )


def _limits(host: Host) -> Iterator[str]:
    """Yield what the section does not check, and addresses for which it makes no row."""
    yield (
        "senders: what is checked is the sender of the envelope, for mail with a login. The From line, "
        "which DKIM signs, may have any name, and strangers can still write your addresses to port 25"
    )
    main = main_cf(host)
    found = [one for one in _VIRTUAL if main.value(one)]
    if found:
        yield (
            f"senders: {', '.join(found)} is set, and addresses of virtual domains have no row: add "
            f"yours to {SENDER_LOGIN}, or nobody may write them"
        )
