"""What a field becomes in Postfix's files, as one line beside it."""

from __future__ import annotations

from typing import Any, Callable, Optional

from screens.draft import Draft
from wizard.answers import model
from wizard.answers.build import default_mydomain
from wizard.answers.rules import readable_name
from wizard.answers.sections import Field
from wizard.answers.unsaid import Unsaid
from wizard.host.facts import DOVECOT_CONF
from wizard.paths import LINEAGES
from wizard.sections.registry import BY_NAME

NOT_YET = "..."
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


def _zone_file(checked: _Checked) -> str:
    path = checked.get("zone_file")
    return f"IN MX 10 MYHOSTNAME. in {path}" if path else "no zone is changed"


def _moved(checked: _Checked) -> str:
    old, new = checked.get("move_from") or "", checked.get("move_to") or ""
    return f"IN A {old or NOT_YET} becomes {new or NOT_YET}" if old or new else "no address moves"


def _relayhost(checked: _Checked) -> str:
    host, port = checked.get("host"), checked.get("port", model.Relay().port)
    if isinstance(host, Unsaid):
        return f"relayhost = {host.live}"
    return (
        f"relayhost = [{host}]:{port}" if host else "relayhost stays unset: mail goes out directly"
    )


def _relay_tls(checked: _Checked) -> str:
    host = checked.get("host")
    if isinstance(host, Unsaid):
        return f"relayhost = {host.live}"
    level = checked.get("tls", model.Relay().tls)
    return f"[{host}] = {level} in smtp_tls_policy_maps" if host else "not needed without a relay"


def _relay_user(checked: _Checked) -> str:
    user, host = checked.get("user"), checked.get("host")
    if isinstance(host, Unsaid):
        return f"relayhost = {host.live}"
    return f"{user}:(password) in /etc/postfix/sasl_passwd, 0600" if user else "no password is said"


def _conf(checked: _Checked) -> str:
    return DOVECOT_CONF if checked.get("conf") == "write" else "nothing of Dovecot's is written"


def _imaps(checked: _Checked) -> str:
    opened = checked.get("imaps") == "open"
    return "firewall-cmd --add-service=imaps" if opened else "the firewall stays as it is"


def _hardening(checked: _Checked) -> str:
    if checked.get("use") == "on":
        return "smtpd_forbid_bare_newline, smtpd_client_auth_rate_limit, logins hold senders"
    return "nothing beyond the policy"


def _old_server(checked: _Checked) -> str:
    old = checked.get("old_server")
    return f"`postfix-wizard move`: the move from {old}" if old else "no move is looked at"


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
    ("relay", "host"): _relayhost,
    ("relay", "port"): _relayhost,
    ("relay", "tls"): _relay_tls,
    ("relay", "user"): _relay_user,
    ("hardening", "use"): _hardening,
    ("move", "old_server"): _old_server,
    ("dns", "zone_file"): _zone_file,
    ("dns", "move_from"): _moved,
    ("dns", "move_to"): _moved,
    ("dovecot", "conf"): _conf,
    ("dovecot", "imaps"): _imaps,
}
"""Fields that become more than `parameter = value`."""
