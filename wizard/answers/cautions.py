"""What each caution accepts, by its name, for the manual and for completions of a shell.

A plan says more: the names and numbers of this host. A test compares the names with the code.
"""

from __future__ import annotations

from collections.abc import Mapping

CAUTIONS: Mapping[str, str] = {
    "acme-terms": "You agree to the Terms of Service of the ACME server. The value is its URL.",
    "aliases-reader": "A name that is no user in /etc/passwd reads root's mail.",
    "caa": "CAA records bind a whole domain, so also the certificates of its web servers.",
    "certificate-name": "The certificate is not for this server's name.",
    "cut-off-run": "A new plan is run though an earlier run was cut off and not resumed.",
    "dkim-unpublished": "Mail is signed though not all servers of the zone could be asked.",
    "domain-class": "The address class of a domain changes, so its mail goes to others.",
    "domain-transport": "A row of transport_maps sends the mail of a local domain elsewhere.",
    "dovecot-mailbox": "Dovecot looks for mail in another place than today.",
    "firewall-reload": "A reload of firewalld drops rules that are not permanent.",
    "firewall-zone": "Nothing comes in by the firewall zone that the run opens.",
    "foreign-hooks": "Hooks and options of certbot are taken over from the old server.",
    "loopback-network": "Programs of this host cannot send by port 25 without a login.",
    "public-range": "A network of public addresses may send mail to anyone without a password.",
    "senders-directory": "Users of a directory such as LDAP have no row in the table of senders.",
    "submission-loopback": "Port 587 or 465 listens on the loopback address only.",
    "tls-port25": "Old servers cannot encrypt mail to this server, or cannot send it at all.",
}
