"""Install a gathered tree: its lineages, and the other files that certbot needs.

Each lineage is validated alone. If this host has another lineage of that name, it stays, unless
the answers choose the copy. A lineage that cannot be served is copied but not linked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Optional

from wizard.answers.model import Answers
from wizard.certificates.certbot import LETS_ENCRYPT, names_for
from wizard.certificates.dates import day
from wizard.certificates.lineage import KINDS, name_problem
from wizard.certificates.model import Lineage
from wizard.host.facts import Host
from wizard.host.gathered import COPIED, is_fresh
from wizard.host.gathered_facts import Gathered, GatheredFile
from wizard.paths import LETSENCRYPT, RENEWAL_HOOK
from wizard.plan.actions import Forget
from wizard.plan.certificate_actions import Lay, Relink
from wizard.plan.files import LaidFile, Link
from wizard.plan.foreign import is_excluded, planned_file
from wizard.plan.model import Step

REPLACE = "replace"
MISSING = "missing"

NO_WHOLE_SET = "none of its archive files make a whole set"


@dataclass(frozen=True)
class _Part:
    """One lineage of the tree with its files, and the lineage of that name on this host."""

    lineage: Lineage
    files: tuple[GatheredFile, ...]
    here_only: tuple[tuple[str, str], ...]
    own: Optional[Lineage]

    @property
    def name(self) -> str:
        return self.lineage.name

    @property
    def lasting(self) -> tuple[GatheredFile, ...]:
        """The files that are copied: all except the four in live/, which are links."""
        live = tuple(f"{LETSENCRYPT}/live/{self.name}/{kind}.pem" for kind in KINDS)
        return tuple(file for file in self.files if file.path not in live)

    @property
    def is_other_here(self) -> bool:
        """True if this host has a different lineage of that name."""
        has = self.own is not None and any(file.state != MISSING for file in self.own.files)
        foreign = bool(self.here_only) or any(not _is_new(file) for file in self.lasting)
        same = self.own is not None and self.own.number == self.lineage.number
        archive = f"{LETSENCRYPT}/archive/"
        arrived = all(_is_same(file) for file in self.files if file.path.startswith(archive))
        return foreign or (has and not (same and arrived))


def _is_same(file: GatheredFile) -> bool:
    return file.here == f"file:{file.sha256}"


def _is_new(file: GatheredFile) -> bool:
    return file.here == MISSING or _is_same(file) or file.differs_in_foreign_only


def _issuer(answers: Answers) -> str:
    certificate = answers.certificate
    names = names_for(answers.hostname.myhostname, certificate.name)
    return f"{certificate.server or LETS_ENCRYPT} (for {', '.join(names)})"


ISSUED = "certbot"
"""The source whose certificates are issued for this host: undo does not remove them."""

_ORIGINS: dict[str, Callable[[Answers], str]] = {
    COPIED: lambda answers: answers.certificate.host,
    ISSUED: _issuer,
}
"""By source: the `origin` that a usable gathered tree must have."""


def origin(answers: Answers) -> str:
    """Return the `origin` of a tree that is gathered for these answers."""
    return _ORIGINS[answers.certificate.source](answers)


def current(answers: Answers, host: Host) -> Optional[Gathered]:
    """Return the fresh tree that was gathered for these answers, None if there is none."""
    gathered = host.gathered_from(answers.certificate.source)
    if gathered is None or gathered.origin != origin(answers):
        return None
    return gathered if is_fresh(gathered.at, host.read_at) else None


def fault(lineage: Lineage, now: int) -> str:
    """Return why a lineage cannot be served, "" if it can; `now` is in seconds since the epoch."""
    if lineage.problem or lineage.number is None:
        return lineage.problem or NO_WHOLE_SET
    if lineage.not_after <= now:
        return f"it expired on {day(lineage.not_after)}"
    if lineage.not_before > now:
        return f"it is valid only from {day(lineage.not_before)}"
    return ""


def to_be(answers: Answers, host: Host, gathered: Gathered) -> tuple[Lineage, ...]:
    """Return the lineages of this host after the tree is installed."""
    own = {lineage.name: lineage for lineage in host.lineages}
    return tuple({**own, **incoming(answers, host, gathered)}.values())


def incoming(answers: Answers, host: Host, gathered: Gathered) -> dict[str, Lineage]:
    """Return by name the lineages of the tree that are copied, also those that cannot be served."""
    return {
        part.name: part.lineage
        for part in _parts(host, gathered)
        if not _is_skipped(part, answers, host)
    }


def steps(
    answers: Answers, host: Host, gathered: Gathered, accepted: Collection[str]
) -> Iterator[Step]:
    """Yield the steps that copy the tree, and link each lineage that can be served.

    `accepted` are the names of accepted foreign items (`wizard.plan.foreign`).
    """
    parts = _parts(host, gathered)
    yield _common(gathered, parts, accepted)
    for part in parts:
        if not _is_skipped(part, answers, host):
            yield _lay(part, gathered, host, accepted)
    for part in parts:
        if not _is_skipped(part, answers, host) and not fault(part.lineage, host.read_at):
            yield _relink(part, gathered.source)


def foreign_files(answers: Answers, host: Host, gathered: Gathered) -> tuple[GatheredFile, ...]:
    """Return the files with foreign items that are copied, or would be if these were accepted."""
    parts = _parts(host, gathered)
    coming = [part for part in parts if not _is_skipped(part, answers, host)]
    files = (
        *filter(_is_new, _rest(gathered, parts)),
        *(file for part in coming for file in _wanted(part, host)),
    )
    return tuple(file for file in files if file.foreign)


def forget(gathered: Gathered) -> Step:
    """Return the last step. It removes the gathered tree, since the tree has private keys."""
    return Step(
        "forget",
        "Remove the gathered copy",
        "It holds private keys, which are in place now; none lies about twice.",
        Forget(gathered.tree),
        (("rm", "-r", gathered.tree),),
    )


def warnings(answers: Answers, host: Host, gathered: Gathered) -> Iterator[str]:
    """Warn of lineages that are copied but not used, and of files that stay as on this host."""
    parts = _parts(host, gathered)
    for part in parts:
        wrong = fault(part.lineage, host.read_at)
        if _is_skipped(part, answers, host):
            yield (
                f"lineage {part.name} is kept as this host has it{_until(part.own)}; the one of "
                f"{gathered.origin}{_until(part.lineage)} is another"
                + (f" and cannot be used: {wrong}" if wrong else "")
            )
        elif wrong:
            yield f"lineage {part.name} of {gathered.origin} is copied and not linked: {wrong}"
    for lineage in gathered.lineages:
        if name_problem(lineage.name):
            yield f"lineage {lineage.name} of {gathered.origin} is left out: {lineage.problem}"
    for file in _rest(gathered, parts):
        if not _is_new(file):
            yield f"{file.path} is kept as this host has it; {gathered.origin} has another"
    yield from (one for file in gathered.files if _is_new(file) for one in file.remarks)
    if gathered.source == COPIED:
        yield (
            f"certbot renews here from now on: once this server is in service, have "
            f"{gathered.origin} stop (systemctl disable --now certbot-renew.timer there), or each "
            "renews certificates of its own"
        )
    yield from gathered.remarks


def _until(lineage: Optional[Lineage]) -> str:
    return f" (until {day(lineage.not_after)})" if lineage and lineage.not_after else ""


def _is_skipped(part: _Part, answers: Answers, host: Host) -> bool:
    if not part.is_other_here:
        return False
    return answers.certificate.existing != REPLACE or bool(fault(part.lineage, host.read_at))


def _parts(host: Host, gathered: Gathered) -> tuple[_Part, ...]:
    return tuple(
        _Part(
            lineage,
            tuple(file for file in gathered.files if _is_of(file.path, lineage.name)),
            tuple(one for one in gathered.here_only if _is_of(one[0], lineage.name)),
            host.lineage(lineage.name),
        )
        for lineage in gathered.lineages
        if not name_problem(lineage.name)
    )


def _is_of(path: str, name: str) -> bool:
    return path == f"{LETSENCRYPT}/renewal/{name}.conf" or path.startswith(
        (f"{LETSENCRYPT}/archive/{name}/", f"{LETSENCRYPT}/live/{name}/")
    )


def _rest(gathered: Gathered, parts: tuple[_Part, ...]) -> Iterator[GatheredFile]:
    of_lineages = {file.path for part in parts for file in part.files}
    # The plan itself writes this program's hook.
    of_lineages.add(RENEWAL_HOOK)
    return (file for file in gathered.files if file.path not in of_lineages)


def _pending(files: Iterable[GatheredFile], accepted: Collection[str]) -> tuple[LaidFile, ...]:
    """Return the files that differ on this host, without foreign items that are not accepted."""
    wanted = (
        (file, planned_file(file, accepted)) for file in files if not is_excluded(file, accepted)
    )
    return tuple(
        to_be
        for file, to_be in wanted
        if to_be.was != f"file:{to_be.written}" or file.is_loose_here
    )


def _typed(file: LaidFile, gathered: Gathered) -> Iterator[tuple[str, ...]]:
    """Yield the commands with which an operator would write the file."""
    source = f"{gathered.tree}{file.path}"
    yield ("install", "-p", "-m", f"{file.mode:04o}", source, file.path)
    if file.without:
        yield ("sed", "-i", ";".join(f"{first},{last}d" for first, last in file.without), file.path)


def _common(gathered: Gathered, parts: tuple[_Part, ...], accepted: Collection[str]) -> Step:
    files = _pending(filter(_is_new, _rest(gathered, parts)), accepted)
    return Step(
        "letsencrypt",
        "Copy certbot's own files",
        "Accounts, notes and hooks: with them certbot renews here as it did there.",
        Lay("certbot's own files", gathered.tree, files, gathered.source == ISSUED),
        tuple(argv for file in files for argv in _typed(file, gathered)),
        done=not files,
    )


def _wanted(part: _Part, host: Host) -> tuple[GatheredFile, ...]:
    """Return the files of a lineage to copy. A bad lineage replaces no file of this host."""
    if fault(part.lineage, host.read_at):
        return tuple(filter(_is_new, part.files))
    return part.lasting


def _lay(part: _Part, gathered: Gathered, host: Host, accepted: Collection[str]) -> Step:
    wrong = fault(part.lineage, host.read_at)
    files = _pending(_wanted(part, host), accepted)
    gone = () if wrong else tuple(LaidFile(path, was, None) for path, was in part.here_only)
    copies = tuple(argv for file in files for argv in _typed(file, gathered))
    return Step(
        f"lay-{part.name}",
        f"Copy the certificate {part.name}",
        f"As {gathered.origin} has it: every number, and how it is renewed."
        + (f" It is not linked: {wrong}." if wrong else ""),
        Lay(
            f"certificate {part.name}",
            gathered.tree,
            (*files, *gone),
            gathered.source == ISSUED,
        ),
        (*copies, *(("rm", file.path) for file in gone)),
        done=not (files or gone),
    )


def _relink(part: _Part, source: str) -> Step:
    own = {file.name: file for file in part.own.files} if part.own else {}
    number = part.lineage.number
    links = []
    for kind in KINDS:
        here = own.get(f"{kind}.pem")
        if here is None or here.state != "link" or here.number != number:
            links.append(
                Link(
                    f"{LETSENCRYPT}/live/{part.name}/{kind}.pem",
                    f"../../archive/{part.name}/{kind}{number}.pem",
                    here.was if here else MISSING,
                )
            )
    relink = Relink(part.name, tuple(links), source == ISSUED)
    return link_step(f"Link the certificate {part.name}", relink, done=not links)


def link_step(title: str, relink: Relink, *, done: bool) -> Step:
    """Return the step that makes the links of a lineage."""
    return Step(
        f"links-{relink.lineage}",
        title,
        "certbot renews only where live/ holds links into archive/; a copy had made files of them.",
        relink,
        tuple(("ln", "-sfn", link.target, link.path) for link in relink.links),
        done=done,
    )
