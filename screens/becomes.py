"""What a field becomes in Postfix's files, as one line beside it."""

from __future__ import annotations

from typing import Any, Callable, Optional

from screens.draft import Draft
from wizard.answers import model
from wizard.answers.build import default_mydomain
from wizard.answers.rules import readable_name
from wizard.answers.sections import Field
from wizard.answers.unsaid import Unsaid
from wizard.paths import LINEAGES
from wizard.sections.registry import BY_NAME
from wizard.sections.section import NOT_YET

LOCAL = "$myhostname, localhost.$mydomain, localhost, $mydomain"
LINEAGE = f"{LINEAGES}/{{}}/fullchain.pem"

_Checked = dict[str, Any]
"""The right values of a section, by field; a wrong one stands there as NOT_YET."""


def becomes(draft: Draft, field: Field) -> str:
    """Return the line, with `...` where the value is not right yet; "" where none is needed."""
    if not field.becomes:
        return ""
    right, wrong = draft.checked(field.section)
    checked = {**right, **{problem.name: NOT_YET for problem in wrong}}
    value = checked.get(field.name)
    if isinstance(value, Unsaid):
        return f"{field.becomes} = {value.live or '(not set)'} stays: no answer can express it"
    shown = _shown(field, checked)
    if shown is not None:
        return shown
    value = checked.get(field.name, _default(field))
    if isinstance(value, tuple):
        return f"{field.becomes}: {', '.join(value) or 'none'}"
    if value == "":
        return f"{field.becomes} stays unset"
    return f"{field.becomes} = {readable_name(str(value))}"


def _shown(field: Field, checked: _Checked) -> Optional[str]:
    """Return what a field becomes that is more than `parameter = value`, None for others."""
    special = _SPECIAL.get((field.section, field.name))
    if special is not None:
        return special(checked)
    section = BY_NAME.get(field.section)
    return section.preview(checked).get(field.name) if section else None


def _default(field: Field) -> object:
    kinds = {"limits": model.Limits, "delivery": model.Delivery, "networks": model.Networks}
    kind = kinds.get(field.section)
    return getattr(kind(), field.name) if kind else NOT_YET


def _mydomain(checked: _Checked) -> str:
    value = checked.get("mydomain")
    if value is None:
        host = checked.get("myhostname", NOT_YET)
        value = host if host == NOT_YET else default_mydomain(host)
    return f"mydomain = {readable_name(value)}"


def _local(checked: _Checked) -> str:
    names = checked.get("local", ())
    listed = (
        f", {NOT_YET}" if names == NOT_YET else "".join(f", {readable_name(one)}" for one in names)
    )
    return f"mydestination = {LOCAL}{listed}"


def _zone(checked: _Checked) -> str:
    if checked.get("firewall_zone") == "":
        return "no firewall is opened"
    return f"firewall-cmd --zone={checked.get('firewall_zone', NOT_YET)} --add-service=smtp ..."


def _source(checked: _Checked) -> str:
    return _SOURCES.get(str(checked.get("source")), "")


_SOURCES = {
    "files": "smtpd_tls_cert_file names the files below",
    "self-signed": "smtpd_tls_cert_file names the self-signed pair",
}


def _host(checked: _Checked) -> str:
    return f"scp -pr {checked.get('host') or NOT_YET}:/etc/letsencrypt"


def _existing(checked: _Checked) -> str:
    wins = checked.get("existing") == "replace"
    return f"a lineage that differs here is {'replaced by the copy' if wins else 'kept'}"


def _challenge(checked: _Checked) -> str:
    if checked.get("challenge") == "webroot":
        return f"certbot certonly --webroot -w {checked.get('webroot') or NOT_YET}"
    return "certbot certonly --standalone"


def _email(checked: _Checked) -> str:
    email = checked.get("email")
    return f"certbot -m {email}" if email else "certbot --register-unsafely-without-email"


def _server(checked: _Checked) -> str:
    return f"certbot --server {checked['server']}" if checked.get("server") else "Let's Encrypt"


def _lineage(checked: _Checked) -> str:
    return f"smtpd_tls_cert_file = {LINEAGE.format(checked.get('name') or NOT_YET)}"


def _days(checked: _Checked) -> str:
    return f"openssl req -days {checked.get('days', model.Certificate().days)}"


_SPECIAL: dict[tuple[str, str], Callable[[_Checked], str]] = {
    ("hostname", "mydomain"): _mydomain,
    ("domains", "local"): _local,
    ("networks", "firewall_zone"): _zone,
    ("certificate", "source"): _source,
    ("certificate", "name"): _lineage,
    ("certificate", "host"): _host,
    ("certificate", "existing"): _existing,
    ("certificate", "challenge"): _challenge,
    ("certificate", "webroot"): _challenge,
    ("certificate", "email"): _email,
    ("certificate", "server"): _server,
    ("certificate", "days"): _days,
}
"""Fields that become more than `parameter = value`."""
