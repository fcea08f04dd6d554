"""What each caution accepts, by its name, for the manual and for completions of a shell.

A plan says more: the names and numbers of this host. A test compares the names with the code.
"""

from __future__ import annotations

from collections.abc import Mapping

CAUTIONS: Mapping[str, str] = {
    "acme-terms": "You agree to the Terms of Service of the ACME server. The value is its URL.",
    "aliases-reader": "Root's mail goes to a name that is not a user in /etc/passwd.",
    "caa": "CAA records limit all certificates of a domain, also those of its web servers.",
    "certificate-name": "The certificate is not for this server's name.",
    "cut-off-run": "A new plan runs although an earlier run was cut off and not resumed.",
    "dkim-unpublished": "Mail is signed although not all servers of the zone answered.",
    "domain-class": "The address class of a domain changes, so its mail is delivered in another way.",
    "domain-transport": "A row of transport_maps sends the mail of a local domain elsewhere.",
    "dovecot-mailbox": "Dovecot looks for mail in another place, so users do not see older mail.",
    "firewall-reload": "A reload of firewalld drops rules that are not permanent.",
    "firewall-zone": "The run opens a firewall zone that has no interface and no source.",
    "foreign-hooks": "Hooks and options of certbot are copied from the old server.",
    "loopback-network": "Programs on this host cannot send on port 25 without a login.",
    "mx-elsewhere": "An MX record of a new local domain names another host, so its mail may be split.",
    "public-range": "A network of public addresses may send mail to anyone without a password.",
    "senders-directory": "Users of a directory such as LDAP have no row in the table of senders.",
    "submission-loopback": "Port 587 or 465 listens on the loopback address only.",
    "tls-port25": "Old servers cannot encrypt mail to this server, or cannot send it at all.",
}
