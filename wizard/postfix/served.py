"""The parameters with the certificates that Postfix serves, in one table.

The section certificate writes `PAIR`. If it is planned, all others are removed, so that each client
gets the certificate of the answers, on 25, 587 and 465 (postconf(5), tlsproxy(8)).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from wizard.postfix.main_cf import MainCf, comment_out
from wizard.postfix.master_cf import MasterCf, remove_option
from wizard.postfix.proposal import Proposal
from wizard.postfix.service_entry import Service
from wizard.postfix.services import SUBMISSION_SERVICES, whole_entry
from wizard.postfix.settings import Settings

SECTION = "certificate"

PAIR = ("smtpd_tls_cert_file", "smtpd_tls_key_file")
CHAINS = "smtpd_tls_chain_files"
"""Certificates with their keys; if it is set, Postfix ignores all other parameters."""
SNI_MAPS = "tls_server_sni_maps"

_ECDSA = "Clients that ask for ECDSA get this certificate, and not the one of the answers."
_DSA = "Clients that ask for DSA get this certificate, and not the one of the answers."
_PROXY = (
    "On port 25 tlsproxy serves this behind postscreen, and not the certificate of the answers."
)
_OPTION = (
    "This service serves another certificate than main.cf names, which is that of the answers."
)
_STAYS = (
    "stays: clients that send one of its names (SNI) get the certificate of that table, and not the"
    " one of the answers."
)
_IN_MAIN = {
    CHAINS: "Postfix serves these certificates and ignores smtpd_tls_cert_file.",
    "smtpd_tls_eccert_file": _ECDSA,
    "smtpd_tls_eckey_file": _ECDSA,
    "smtpd_tls_dcert_file": _DSA,
    "smtpd_tls_dkey_file": _DSA,
}
_PROXYS = tuple(name.replace("smtpd_", "tlsproxy_", 1) for name in (*PAIR, *_IN_MAIN))

TAKEN_OUT = {**_IN_MAIN, **dict.fromkeys(_PROXYS, _PROXY)}
"""Why main.cf may not have a parameter, by its name."""
CERTIFICATES = (CHAINS, PAIR[0], "smtpd_tls_eccert_file")
"""The parameters that name the certificates of RSA and ECDSA clients."""
KEYS = (PAIR[1], "smtpd_tls_eckey_file", CHAINS)
"""The parameters that name files with keys."""

_LEVEL = "smtpd_tls_security_level"
_SWITCHES = ("smtpd_use_tls", "smtpd_enforce_tls", "smtpd_tls_wrappermode")
"""Parameters that turn TLS on if `_LEVEL` is empty; the third one does it always."""

_OPTIONS = (*PAIR, *TAKEN_OUT)
_PORTS = frozenset({25, *(submission.port for submission in SUBMISSION_SERVICES)})


def is_set(name: str, value: str) -> bool:
    """True if a parameter with this value changes what Postfix serves."""
    follows = name.replace("tlsproxy_", "smtpd_", 1)
    same = {""} if follows == name else {f"${follows}", f"${{{follows}}}", f"$({follows})"}
    return value not in same


def without_pair(cf: MainCf) -> str:
    """Return the parameter, as `NAME = VALUE`, by which Postfix serves no `PAIR`, "" for none."""
    names = (
        (CHAINS,)
        if cf.value(PAIR[0])
        else (CHAINS, "smtpd_tls_eccert_file", "smtpd_tls_dcert_file")
    )
    found = ((name, cf.value(name) or "") for name in names)
    return next((f"{name} = {value}" for name, value in found if value not in {"", "none"}), "")


def without_others(cf: MainCf, protected: Collection[str]) -> tuple[MainCf, tuple[str, ...]]:
    """Comment out the parameters of `TAKEN_OUT`, without the `protected` ones; warn of each."""
    warnings = []
    for name, why in TAKEN_OUT.items():
        value = cf.value(name)
        if value is None or name in protected or not is_set(name, value):
            continue
        cf = comment_out(cf, name, why)
        warnings.append(f"main.cf: {name} = {value} is taken out. {why}")
    maps = cf.value(SNI_MAPS)
    if maps:
        warnings.append(f"main.cf: {SNI_MAPS} = {maps} {_STAYS}")
    return cf, tuple(warnings)


def without_options(
    cf: MasterCf, protected: Collection[str]
) -> tuple[MasterCf, tuple[str, ...], tuple[str, ...]]:
    """Remove the `-o` of `PAIR` and `TAKEN_OUT` from the services on 25, 587 and 465.

    Return the file, the changed entries (`NAME/TYPE`), and a warning for each option. `protected`
    has options to keep, as `NAME/TYPE/PARAMETER`.
    """
    changed, warnings = [], []
    for key in dict.fromkeys(one.key for one in cf.services if _serves(one)):
        for name, value in tuple(_others(cf.service(key), protected)):
            cf = remove_option(cf, key, name, _OPTION)
            changed.append(key)
            warnings.append(f"master.cf, {key}: -o {name}={value} is taken out. {_OPTION}")
        service = cf.service(key)
        maps = service.options.get(SNI_MAPS) if service else None
        if maps and maps.value:
            warnings.append(f"master.cf, {key}: -o {SNI_MAPS}={maps.value} {_STAYS}")
    return cf, tuple(dict.fromkeys(changed)), tuple(warnings)


def unreadable(cf: MasterCf) -> Iterator[str]:
    """Yield why an option that names a certificate cannot be removed from an entry.

    No argument that comes after a word that is no option is an option.
    """
    for service in filter(_serves, cf.services):
        named = {one.partition("=")[0].strip() for one in service.arguments}
        for name in _OPTIONS:
            if service.stray and name in named and name not in service.options:
                yield (
                    f"master.cf, {service.key}: {name} comes after {service.stray}, which is no option, so"
                    " it cannot be taken out here and would go on naming another certificate; take"
                    f" {service.stray} or {name} out"
                )


def without_tls(cf: MasterCf, settings: Settings) -> Iterator[str]:
    """Yield a warning for each service on the three ports without TLS."""
    for service in filter(_serves, cf.services):
        own = settings.of(service.values)
        level = own.value(_LEVEL).lower()
        switches = _SWITCHES if not level else _SWITCHES[-1:]
        if service.command.rpartition("/")[2] == "smtpd" and not (
            level not in {"", "none"} or any(own.is_on(one) for one in switches)
        ):
            yield (
                f"master.cf, {service.key}: TLS is off there ({_LEVEL} = {level or '(empty)'}), so it shows"
                f" the certificate to nobody. Set {_LEVEL} = may in main.cf, or run the section policy."
            )


def _others(service: Service | None, protected: Collection[str]) -> Iterator[tuple[str, str]]:
    options = service.options if service else {}
    for name in _OPTIONS:
        if service is None or name not in options or f"{service.key}/{name}" in protected:
            continue
        value = options[name].value
        if name in PAIR or is_set(name, value):
            yield name, value


def _serves(service: Service) -> bool:
    """True if a service does the TLS of one of the three ports, perhaps after postscreen."""
    program = service.command.rpartition("/")[2]
    if program == "smtpd":
        return service.type == "pass" or service.port_number in _PORTS
    return program == "tlsproxy"


def with_options_out(
    proposal: Proposal, changed: Collection[str], warnings: Collection[str]
) -> Proposal:
    """Return another section's proposal with the earlier results of `without_options`."""
    known = {name for name, _ in proposal.expected}
    services = map(MasterCf.parse(proposal.text).service, changed)
    own = [pair for one in services if one for pair in whole_entry(one) if pair[0] not in known]
    return replace(
        proposal,
        expected=(*own, *proposal.expected),
        changed=tuple(dict.fromkeys((*changed, *proposal.changed))),
        warnings=(*warnings, *proposal.warnings),
        refusals=(*proposal.refusals, *unreadable(MasterCf.parse(proposal.text))),
    )
