"""Who may send through this server to the world: networks, names, domains, certificates, doors."""

from __future__ import annotations

from tests.lab.broken.rows import MAP, ahead, built, entry, fault, option, sets, written

_ANSWERS = (
    'printf \'#!/bin/sh\\nwhile read -r line; do [ "$line" ] || '
    'printf "action={0}\\\\n\\\\n"; done\\n\' >/etc/postfix/policy; chmod 755 /etc/postfix/policy\n'
    + entry("policy unix - n n - 0 spawn user=nobody argv=/etc/postfix/policy")
)

WAYS = {
    "a top-level domain relayed": fault(
        sets("relay_domains = example"), "relay_domains", "example", stops=True
    ),
    "every domain relayed by a pattern": fault(
        written("/etc/postfix/relays", "/./ OK")
        + sets("relay_domains = regexp:/etc/postfix/relays"),
        "relay_domains",
        stops=True,
    ),
    "every domain relayed by the rewriting service alone": fault(
        option("rewrite/unix", "relay_domains=static:all"), "relay_domains", "rewrite", stops=True
    ),
    "subdomains of ours relayed": fault(
        sets("relay_domains = $mydestination"), "relay_domains", stops=False
    ),
    "defaults of an old release": fault(
        sets("compatibility_level = 0"), "compatibility_level", stops=False
    ),
    "backup for whoever names us": fault(ahead("permit_mx_backup"), "permit_mx_backup"),
    "one strange domain let through": fault(
        built("through", "stranger.example OK") + ahead(f"check_recipient_access {MAP}through"),
        "check_recipient_access|through",
        stops=None,
    ),
    "who says HELO localhost is trusted": fault(
        built("helo", "localhost OK", "zeke.ne.jp OK") + ahead(f"check_helo_access {MAP}helo"),
        "check_helo_access|postfix/helo",
        stops=True,
    ),
    "who says to be of our domain is trusted": fault(
        built("ours", "zeke.ne.jp OK") + ahead(f"check_sender_access {MAP}ours"),
        "check_sender_access|postfix/ours",
        stops=True,
    ),
    "the empty sender is trusted": fault(
        built("senders", "<> OK") + ahead(f"check_sender_access {MAP}senders"),
        "check_sender_access|postfix/senders",
        stops=True,
    ),
    "a range of strangers is trusted": fault(
        written("/etc/postfix/clients", "203.0.113.0/24 OK")
        + ahead("check_client_access cidr:/etc/postfix/clients"),
        "check_client_access|postfix/clients",
        stops=True,
    ),
    "a restriction class that permits all": fault(
        ahead("check_client_access static:trusted")
        + "\n"
        + sets("smtpd_restriction_classes = trusted", "trusted = permit"),
        "trusted|check_client_access",
        stops=True,
    ),
    "a policy service that permits all": fault(
        _ANSWERS.format("OK") + ahead("check_policy_service unix:private/policy"),
        "check_policy_service|policy",
        stops=True,
    ),
    "the rule against relaying only warns": fault(
        'postconf -e "smtpd_recipient_restrictions = $(postconf -h smtpd_recipient_restrictions '
        "| sed 's|reject_unauth_destination|warn_if_reject &|')\"\n"
        + sets("smtpd_relay_restrictions ="),
        "warn_if_reject|reject_unauth_destination",
        stops=True,
    ),
    "any client certificate is enough": fault(
        ahead("permit_tls_all_clientcerts")
        + "\n"
        + sets("smtpd_tls_ask_ccert = yes", "smtpd_tls_CAfile = /etc/pki/tls/certs/ca-bundle.crt"),
        "permit_tls_all_clientcerts",
    ),
    "the provider's subnet is trusted": fault(
        "postconf -X mynetworks\n" + sets("mynetworks_style = subnet"),
        "mynetworks",
        stops=True,
    ),
    "networks in a file that has all": fault(
        written("/etc/postfix/networks", "192.168.1.0/24", "127.0.0.0/8", "0.0.0.0/0")
        + sets("mynetworks = /etc/postfix/networks"),
        "mynetworks",
        stops=True,
    ),
    "networks in a table, some of them with a REJECT": fault(
        written("/etc/postfix/networks", "127.0.0.0/8 OK", "192.168.1.0/24 OK", "0.0.0.0/0 REJECT")
        + sets("mynetworks = cidr:/etc/postfix/networks"),
        "mynetworks",
        stops=True,
    ),
    "networks of port 25 alone": fault(
        option("smtp/inet", "mynetworks=0.0.0.0/0"), "mynetworks", "master.cf|-o", stops=True
    ),
    "loopback is a stranger": fault(sets("mynetworks = 192.168.1.0/24"), "mynetworks"),
    "a network with an address in place of its number": fault(
        sets("mynetworks = 192.168.1.1/24, 127.0.0.0/8"), "mynetworks", stops=True
    ),
    "anybody may say whose connection it is": fault(
        sets("smtpd_authorized_xclient_hosts = static:all"),
        "smtpd_authorized_xclient_hosts",
        stops=True,
    ),
    "anybody may write the log": fault(
        sets("smtpd_authorized_xforward_hosts = static:all"),
        "smtpd_authorized_xforward_hosts",
        stops=False,
    ),
    "anybody may have a message multiplied": fault(
        sets("smtpd_authorized_verp_clients = static:all"),
        "smtpd_authorized_verp_clients",
        stops=False,
    ),
    "routes in addresses are followed": fault(
        sets("allow_untrusted_routing = yes"), "allow_untrusted_routing", stops=False
    ),
    "QMQP for all": fault(
        sets("qmqpd_authorized_clients = static:all") + "\n" + entry("628 inet n - n - - qmqpd"),
        "qmqpd|628",
    ),
    "a second port 25 without rules, on the LAN": fault(
        entry(
            "192.168.1.1:10025 inet n - n - - smtpd",
            "  -o smtpd_recipient_restrictions=permit",
            "  -o smtpd_relay_restrictions=",
        ),
        "10025",
    ),
    "a port that takes passwords in plain text": fault(
        entry(
            "2525 inet n - n - - smtpd",
            "  -o smtpd_sasl_auth_enable=yes",
            "  -o smtpd_tls_security_level=may",
            "  -o smtpd_tls_auth_only=no",
            "  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject",
        ),
        "2525",
    ),
    "people of the LAN send without a login, on 587 too": fault(
        option(
            "submission/inet",
            "smtpd_recipient_restrictions=permit_mynetworks,permit_sasl_authenticated,reject",
        ),
        "587|submission",
        "permit_mynetworks|-o",
        stops=False,
    ),
}
