"""Read what a plan of this section needs of the host: keys, EPEL, and the package's files."""

from __future__ import annotations

from dataclasses import replace

from wizard.answers.model import Answers
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import Host
from wizard.host.signing import read_keys, read_repositories
from wizard.sections.dkim.plan import SIGNER, wanted_keys


def with_signing(door: Door, answers: Answers, host: Host) -> Host:
    """Return the host with these facts. Never raises."""
    repositories = read_repositories(door)
    signing = replace(host.signing, repositories=repositories)
    host = replace(host, signing=signing)
    if SIGNER.program not in host.programs and repositories and door.is_live:
        host = _with_package(door, host)
    paths = [SIGNER.key_path(one) for one in wanted_keys(answers, host)]
    return replace(host, signing=replace(host.signing, keys=read_keys(door, paths)))


def _with_package(door: Door, host: Host) -> Host:
    """Return the host with the files of the package that dnf would install."""
    from wizard.host.package_files import read_candidate  # noqa: PLC0415 - it costs time
    from wizard.host.read import laid  # noqa: PLC0415

    try:
        found = read_candidate(door, SIGNER.package, SIGNER.files)
    except Trouble as trouble:
        why = f"{trouble.doing}: {trouble.wrong}. {trouble.advice}"
        return replace(host, signing=replace(host.signing, why_no_package=why))
    files = {path: laid(host.files[path], text) for path, text in found.files.items()}
    return replace(
        host,
        files={**host.files, **files},
        signing=replace(host.signing, package=found.nevra),
    )
