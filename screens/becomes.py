"""What a field becomes in Postfix's files, as one line beside it."""

from __future__ import annotations

from wizard.answers.build import check_section, default_mydomain
from wizard.answers.rules import readable_name
from wizard.answers.sections import Field

from screens.draft import Draft

NOT_YET = "..."
LOCAL = "$myhostname, localhost.$mydomain, localhost, $mydomain"
LINEAGE = "/etc/letsencrypt/live/{}/fullchain.pem"


def becomes(draft: Draft, field: Field) -> str:
    """Return the line, with `...` where the value is not right yet."""
    if not field.becomes:
        return ""
    section, name = field.section, field.name
    checked, wrong = check_section(section, draft.values(section))
    if any(problem.name == name for problem in wrong):
        return f"{field.becomes} = {NOT_YET}"
    value = checked.get(name)
    if section == "hostname" and name == "mydomain" and value is None:
        host = checked.get("myhostname")
        valid = host and not any(problem.name == "myhostname" for problem in wrong)
        value = default_mydomain(host) if valid else NOT_YET
    if name == "local":
        names = "".join(f", {readable_name(one)}" for one in value or ())
        return f"{field.becomes} = {LOCAL}{names}"
    if section == "certificate":
        return _certificate(checked, field)
    if name == "firewall_zone":
        return f"{field.becomes}={value} --add-service=smtp ..."
    if isinstance(value, tuple):
        return f"{field.becomes}: {', '.join(value)}" if value else f"{field.becomes}: none"
    if value == "":
        return f"{field.becomes} stays unset"
    return f"{field.becomes} = {readable_name(str(_default(field) if value is None else value))}"


def _default(field: Field) -> object:
    from wizard.answers import model  # noqa: PLC0415 - only for an emptied field

    kind = {"limits": model.Limits, "delivery": model.Delivery, "networks": model.Networks}
    return getattr(kind[field.section](), field.name) if field.section in kind else NOT_YET


def _certificate(checked: dict[str, object], field: Field) -> str:
    if checked.get("source") != "letsencrypt":
        if field.name == "days":
            return f"{field.becomes} {checked.get('days')}"
        return "smtpd_tls_cert_file names the self-signed pair"
    if field.name != "name":
        return ""
    name = str(checked.get("name") or NOT_YET)
    return f"smtpd_tls_cert_file = {LINEAGE.format(name)}"
