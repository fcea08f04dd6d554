"""The section `certificate`: which certificate is served, and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from wizard.answers.model import Answers
from wizard.answers.sections.certificate import OF_A_LINEAGE, Certificate
from wizard.answers.unsaid import is_unsaid, unsaid
from wizard.certificates.certbot import PROGRAM
from wizard.certificates.dates import day
from wizard.certificates.names import covers
from wizard.host.facts import Host
from wizard.paths import LINEAGES, SELF_SIGNED_CERT, SELF_SIGNED_KEY
from wizard.postfix.main_cf import MainCf
from wizard.postfix.served import without_pair
from wizard.sections.certificate.gathering import gather
from wizard.sections.certificate.obstacles import excluded
from wizard.sections.certificate.plan import plan
from wizard.sections.reading import PARAMETER, is_set_up, main_cf
from wizard.sections.section import (
    MISSING,
    NONE,
    NOT_YET,
    UNHEALTHY,
    Issue,
    Section,
    TextByName,
)
from wizard.text import shortened

_OF_LINEAGE = re.compile(rf"{LINEAGES}/([^/]+)/fullchain\.pem {LINEAGES}/\1/privkey\.pem")
_SOURCES = {
    "files": "smtpd_tls_cert_file names the files below",
    "self-signed": "smtpd_tls_cert_file names the self-signed pair",
}


def _read_back(host: Host) -> dict[str, Any]:
    main = main_cf(host)
    other = without_pair(main) if is_set_up(host) else ""
    return {"source": unsaid("choice", other)} if other else _of_pair(host, main)


def _of_pair(host: Host, main: MainCf) -> dict[str, Any]:
    path = main.value("smtpd_tls_cert_file") or ""
    key = main.value("smtpd_tls_key_file") or path
    key = path if PARAMETER.sub(r"$\1\2", key) == "$smtpd_tls_cert_file" else key
    if (path, key) == (SELF_SIGNED_CERT, SELF_SIGNED_KEY):
        return {"source": "self-signed"}
    of_lineage = _OF_LINEAGE.fullmatch(f"{path} {key}")
    if of_lineage:
        return {"source": "letsencrypt", "name": of_lineage[1]}
    if is_set_up(host):
        if path.startswith("/"):
            return {"source": "files", "cert_file": path, "key_file": key}
        return {"source": unsaid("choice", path)}
    name = main.value("myhostname") or host.network.hostname
    usable = [lineage for lineage in host.lineages if lineage.number is not None]
    fitting = [lineage for lineage in usable if covers(lineage.names, name)]
    if not usable:
        return {"source": "self-signed"}
    return {"source": "letsencrypt", "name": (fitting or usable)[0].name}


def _value(host: Host, today: Answers) -> str:
    own = today.certificate
    if is_unsaid(own.source):
        return str(own.source) or NONE
    if own.source == "self-signed":
        ends = host.self_signed.not_after if host.self_signed else 0
        return _until("self-signed", ends)
    if own.source == "files":
        return _until(own.cert_file, host.own_pair.not_after if host.own_pair else 0)
    lineage = host.lineage(own.name)
    return _until(own.name or NONE, lineage.not_after if lineage else 0)


def _until(name: str, ends: int) -> str:
    return f"{name}, until {day(ends)}" if ends else name


def _issues(host: Host, today: Answers, reported: Collection[str]) -> Iterator[Issue]:
    own = today.certificate
    if own.source in OF_A_LINEAGE:
        lineage = host.lineage(own.name)
        if lineage is None:
            why = f"{LINEAGES}/{own.name} is not there, which main.cf names."
            yield Issue(MISSING, why)
        elif lineage.problem:
            yield Issue(UNHEALTHY, f"{own.name}: {lineage.problem}.")
        elif not lineage.linked and f"links.{own.name}" not in reported:
            faults = "; ".join(lineage.link_faults) or "its files are of no one number"
            yield Issue(UNHEALTHY, f"{LINEAGES}/{own.name}: {faults}.")
        else:
            yield from _other_names(own.name, lineage.names, today)
        return
    if is_unsaid(own.source):
        # main.cf names no certificate, or a path that only Postfix can resolve.
        return
    pair = host.self_signed if own.source == "self-signed" else host.own_pair
    if pair is None:
        yield Issue(MISSING, "The files that main.cf names are not there.")
    elif pair.problem:
        yield Issue(UNHEALTHY, f"{pair.cert_file}: {pair.problem}.")
    elif pair.not_after <= host.read_at:
        yield Issue(UNHEALTHY, f"{pair.cert_file} ended on {day(pair.not_after)}.")
    else:
        yield from _other_names(pair.cert_file, pair.names, today)


def _other_names(what: str, names: tuple[str, ...], today: Answers) -> Iterator[Issue]:
    """Yield an issue if the certificate is not for the server's name, which `check` reports too."""
    name = today.hostname.myhostname
    if names and name and not is_unsaid(name) and not covers(names, name):
        yield Issue(UNHEALTHY, f"{what} is not for {name}: its names are {shortened(names, 3)}.")


def _preview(checked: Mapping[str, Any]) -> TextByName:
    email, server = checked.get("email"), checked.get("server")
    wins = checked.get("existing") == "replace"
    challenge = (
        f"certbot certonly --webroot -w {checked.get('webroot') or NOT_YET}"
        if checked.get("challenge") == "webroot"
        else "certbot certonly --standalone"
    )
    return {
        "source": _SOURCES.get(str(checked.get("source")), ""),
        "name": f"smtpd_tls_cert_file = {LINEAGES}/{checked.get('name') or NOT_YET}/fullchain.pem",
        "host": f"scp -pr {checked.get('host') or NOT_YET}:/etc/letsencrypt",
        "existing": f"a lineage that differs here is {'replaced by the copy' if wins else 'kept'}",
        "challenge": challenge,
        "webroot": challenge,
        "email": f"certbot -m {email}" if email else "certbot --register-unsafely-without-email",
        "server": f"certbot --server {server}" if server else "Let's Encrypt",
        "days": f"openssl req -days {checked.get('days', Certificate().days)}",
    }


CERTIFICATE = Section(
    "certificate",
    plan=plan,
    programs=(PROGRAM,),
    gather=gather,
    read_back=_read_back,
    value=_value,
    drift=("links.*", "certificate"),
    issues=_issues,
    preview=_preview,
    excluded=excluded,
)
