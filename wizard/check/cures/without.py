"""Findings without a cure, each with the reason; docs/limits.md lists them."""

from __future__ import annotations

import re

NEVER: dict[str, str] = {
    "dns.ptr": "whoever gave the address keeps its reverse zone",
    "dns.resolver": "which name servers this network has, only the operator knows",
    "blocklist.NAME": "which lists are asked is a decision of the answers",
    "blocklist.NAME.own": "the list's own page says how to be taken off",
    "outbound.25": "the provider closes the port",
    "outbound.address": "the router or the provider translates it",
    "relay.reach": "the relay host's operator must answer",
    "relay.login": "the password is not the program's to choose",
    "queue.space": "what to delete is the operator's to say",
    "queue.hold": "a run or somebody put that mail on hold for a reason",
    "queue.deferred": "each reason has a finding of its own, or is another server's",
    "queue.waits": "it ends once the mail is delivered; who reads mail for a refused recipient, only the operator knows",
    "log": "each line of the log has a cause of its own",
    "log.troubles": "what is repeated has its cause elsewhere: at others, in a list of domains, in a program",
    "log.journal": "how much of its log a host stores, only the operator knows",
    "master.cf.comments": "whether the entry or the lines below it were meant, only the operator knows",
    "tables.actions": "what a row shall do, only the operator knows",
    "certificate.strength": "a new key needs a new certificate",
    "firewall.rules": "the rule is another's, who had a reason",
    "firewall.addresses": "the rule is another's, who had a reason",
    "domains.named": "who shall get that mail, only the operator knows",
    "tables.rows": "rows of tables are the operator's",
    "files.mounts": "how its file systems are mounted, only the operator knows",
    "backup.mx": "the zone is not this program's to change, and is often at a provider",
    "backup.primary": "the primary's operator must answer",
    "backup.strays": "who shall get that mail, only the operator knows",
    "backup.classes": "where that domain's mail is read, only the operator knows",
    "networks.router": "the router must keep the clients' addresses",
}
"""IDs, `NAME` for one of a kind, that never have a cure."""

SOMETIMES: dict[str, str] = {
    "behind.NAME": "which program shall answer there, only the operator knows",
    "path.ours": "rows of tables and next hops are the operator's",
    "path.others": "rows of tables and next hops are the operator's",
    "parameters.NAME": "its value is in the answers, or a name that only the operator knows",
    "master.cf.PORT": "another program has the port, or the entry is the operator's own",
    "master.cf.NAME": "the entry is not one of Postfix's own",
    "aliases.rows": "who shall get that mail, only the operator knows",
    "dns.RECORD": "the zone is not on this host; `check` prints the records",
    "domains.classes": "in which of the two lists it belongs, only the operator knows",
    "restrictions.names": "how it was meant, only the operator knows",
    "restrictions.services": "what a policy service answers is set in its own program",
    "restrictions.senders": "for which domains it is meant, only the operator knows",
    "restrictions.replies": "the list is in an option of master.cf, or more than once in main.cf",
    "port.PORT": "another program has the port, and what it is for only the operator knows",
    "main.cf.complaints": "what a name was meant to be, only the operator knows",
    "smtp.PORT.tls": "a certificate and its key must be put there, or the log says what fails",
    "smtp.PORT.NAME": "a table, list or program of the operator's decides so, and stays theirs",
    "firewall.zone": "which zone is the outer one, only the operator knows",
    "certificate.name": "another certificate must be issued",
    "certificate.chain": "another certificate, or the issuer's beside it, must be put there",
    "tls.PORT": "the value is the operator's own, and stays",
    "tls.versions": "the value is the operator's own, and stays",
    "dkim.keys": "another key needs another selector and a record, which only the operator publishes",
    "dkim.leaving": "what changes mail after the signature was somebody's decision",
    "dkim.networks": "a table or a file in mynetworks is the operator's",
    "backup.recipients": "which addresses the file shall have, only the operator knows",
    "backup.transport": "the row is in a table of the operator's",
    "senders.table": "which rows are the operator's own, a run asks",
    "table.sender_access.own": "what a row shall do, only the operator knows",
    "table.sender_access.actions": "what a row shall do, only the operator knows",
    "dovecot.NAME": "the setting is in a file of the operator's, which the wizard does not write",
    "delivery.lmtp": "what must answer there is set in a file of the operator's",
    "aliases.NAME": "who shall read that mail, only the operator knows",
    "certificate.renewal": "how it is renewed was the operator's choice",
    "certificate.links": "which file is the right one, only the operator knows",
    "certificate.hook": "certbot runs no hooks by somebody's decision, or the hook is another's",
    "certificate.expiry": "it must be issued anew",
    "transport.NAME": "which service shall deliver there, only the operator knows",
    "firewall.outgoing": "the rule is another's, who had a reason",
    "network.route": "the route or the rule is another's, who had a reason",
    "log.file": "what rsyslog writes where is the operator's",
    "homes": "what is in a home is its user's",
    "queue.files": "what the file is, or why it waits, the operator or the log knows",
    "sendmail.path": "what the other program is for, only the operator knows",
    "tables": "what the table shall have, only the operator knows",
    "unit.settings": "no drop-in takes it back, or systemd has not read what a changed file does",
    "names.NAME": "the file is of all programs, and what else its lines are for only the operator knows",
}
"""IDs that have a cure in most cases, and why there is none in the others."""

NO_ANSWERS = "no saved answers say what it should be; the advice says what to look at"
KEYED = "the value has a key of a blocklist, which is not shown; the advice says what to correct"
ONLY_SEEN = "what must change is not to be seen from here; the advice says where to look"


def reason_for(finding_id: str, *, can_apply: bool) -> str:
    """Return why a finding without a cure has none."""
    for name, reason in (*NEVER.items(), *SOMETIMES.items()):
        pattern = re.escape(name).replace("NAME", r"[\w-]+").replace("PORT", r"\d+")
        pattern = pattern.replace("RECORD", r"[\w.-]+")
        if re.fullmatch(rf"{pattern}(?:\.[0-9a-fA-F.:]+)?", finding_id):
            return reason
    return ONLY_SEEN if can_apply else NO_ANSWERS
