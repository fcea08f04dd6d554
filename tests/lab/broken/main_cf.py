"""main.cf: what it says of who may send what to whom."""

from __future__ import annotations

from tests.lab.broken.way import RELOAD, Way, line, swap

_LIST = "smtpd_recipient_restrictions"
WAYS = {
    "users that no table has": Way(
        line("local_recipient_maps = $alias_maps"), {"smtp.25.users": "local_recipient_maps"}
    ),
    "a list of domains in a file that is gone": Way(
        line("relay_domains = /etc/postfix/nowhere"),
        {"smtp.25.users": "journalctl", "path.others": "lists of domains"},
    ),
    "a domain of others that is relayed": Way(
        line("relay_domains = there.example"), warning={"smtp.25.others": "relay_domains"}
    ),
    "all mail out thrown away": Way(
        line("default_transport = discard:"), {"path.others": "default_transport"}
    ),
    "all mail out returned": Way(
        line("default_transport = error:no"), {"path.others": "default_transport"}
    ),
    "a relay host that does not answer": Way(
        line("relayhost = [192.0.2.25]"), {"path.others": "relayhost"}
    ),
    "our own domain led to a dead server by a table": Way(
        "echo 'zeke.ne.jp smtp:[192.0.2.7]' >/etc/postfix/transport; "
        "postmap $(postconf -h default_database_type):/etc/postfix/transport; "
        + line("transport_maps = $default_database_type:/etc/postfix/transport"),
        {"path.ours": "transport_maps"},
    ),
    "aliases that lead round": Way(
        "printf 'taro@zeke.ne.jp hanako@zeke.ne.jp\nhanako@zeke.ne.jp taro@zeke.ne.jp\n' "
        ">/etc/postfix/valias; "
        "postmap $(postconf -h default_database_type):/etc/postfix/valias; "
        + line("virtual_alias_maps = $default_database_type:/etc/postfix/valias"),
        {"path.ours": "virtual_alias_maps"},
    ),
    "mail for others that a pattern leads home": Way(
        "echo '/./ taro@zeke.ne.jp' >/etc/postfix/all; "
        + line("virtual_alias_maps = regexp:/etc/postfix/all"),
        {"path.others": "virtual_alias_maps"},
    ),
    "a blocklist that people inherit": Way(
        line("smtpd_client_restrictions = reject_rbl_client bl.spamcop.net"),
        {"restrictions.before-login": "permit_sasl_authenticated"},
    ),
    "names of clients that people inherit": Way(
        line("smtpd_helo_restrictions = reject_non_fqdn_helo_hostname"),
        {"restrictions.before-login": "permit_sasl_authenticated"},
    ),
    "a table of networks that has everybody": Way(
        "echo '0.0.0.0/0 OK' >/etc/postfix/nets; "
        + swap("^mynetworks = .*", "mynetworks = 127.0.0.0/8, cidr:/etc/postfix/nets"),
        {"networks.trusted": "without a password"},
    ),
    "a file of networks that has a provider's range": Way(
        "echo '198.18.0.0/15' >/etc/postfix/nets; "
        + swap("^mynetworks = .*", "mynetworks = 127.0.0.0/8, /etc/postfix/nets"),
        {"networks.trusted": "without a password"},
    ),
    "a later duplicate": Way(
        line("smtpd_tls_auth_only = no"),
        {},
        {"main.cf.smtpd_tls_auth_only": "last line", "main.cf.complaints": "last"},
    ),
    "a later duplicate of the networks": Way(
        line("mynetworks = 192.168.0.0/16, 127.0.0.0/8"), {"main.cf.mynetworks": "main.cf"}
    ),
    "a permit before the rule against relaying": Way(
        swap(
            "    reject_unauth_destination,",
            "    check_client_access static:OK, reject_unauth_destination,",
        )
        + "\n"
        + line(
            "smtpd_relay_restrictions = check_client_access static:OK, reject_unauth_destination"
        ),
        {
            "smtp.25.relay": "reject_unauth_destination",
            "restrictions.order": "reject_unauth_destination",
        },
    ),
    "the exceptions before the rule against relaying": Way(
        swap("    permit_mynetworks,", "    permit_mynetworks, check_sender_access static:OK,")
        + "\n"
        + line("smtpd_relay_restrictions ="),
        {
            "smtp.25.relay": "reject_unauth_destination",
            "restrictions.order": "reject_unauth_destination",
        },
    ),
    "no rule against relaying": Way(
        swap("    reject_unauth_destination,", "    reject_unauth_pipelining,"),
        {},
        {f"main.cf.{_LIST}": "main.cf"},
    ),
    "a bare reject in front": Way(
        swap("    reject_invalid_helo_hostname,", "    reject, reject_invalid_helo_hostname,"),
        {"smtp.25.stranger": "mydestination", "smtp.25.users": "reject"},
        {"restrictions.order": "reject"},
    ),
    "a misspelt parameter": Way(
        line("smtpd_client_event_limit_excepions = $mynetworks"),
        {},
        {"main.cf.complaints": "correct the line"},
    ),
    "a misspelt restriction": Way(
        swap("reject_unknown_sender_domain,", "reject_unkown_sender_domain,"),
        {"restrictions.names": "spelt"},
        {f"main.cf.{_LIST}": "main.cf"},
    ),
    "a misspelt restriction that only DATA meets": Way(
        line("smtpd_data_restrictions = reject_unauth_pipelinig"), {"restrictions.names": "spelt"}
    ),
    "a reject of everything at HELO": Way(
        line("smtpd_helo_restrictions = permit_mynetworks, reject"),
        {"smtp.25.stranger": "restrictions", "smtp.25.users": "restrictions"},
    ),
    "a restriction on client names, which are never looked up": Way(
        line("smtpd_client_restrictions = permit_mynetworks, reject_unknown_client_hostname"),
        {"restrictions.names-of-clients": "smtpd_peername_lookup"},
    ),
    "everybody in mynetworks": Way(
        swap("^mynetworks = .*", "mynetworks = 0.0.0.0/0"),
        {"main.cf.mynetworks": "main.cf", "smtp.25.relay": "mynetworks"},
    ),
    "a public range in mynetworks": Way(
        swap("^mynetworks = ", "mynetworks = 198.51.100.0/24, "), {"main.cf.mynetworks": "main.cf"}
    ),
    "a whole-width blank in mynetworks": Way(
        "sed -i $'s|^mynetworks = .*|mynetworks = 192.168.1.0/24,\\u3000127.0.0.0/8|' "
        "/etc/postfix/main.cf; grep -q $'\\u3000' /etc/postfix/main.cf",
        {"main.cf.mynetworks": "main.cf"},
    ),
    "our own domain is not local": Way(
        swap("localhost, $mydomain,", "localhost,"),
        {"main.cf.mydestination": "main.cf", "smtp.25.stranger": "mydestination"},
    ),
    "a domain both local and virtual": Way(
        line("virtual_alias_domains = zeke.ne.jp"), {"domains.classes": "mydestination"}
    ),
    "every domain relayed": Way(
        line("relay_domains = static:all"), {"smtp.25.relay": "relay_domains"}
    ),
    "another's name": Way(
        swap("^myhostname = .*", "myhostname = localhost.localdomain"),
        {"parameters.myhostname": "myhostname"},
        {"main.cf.myhostname": "main.cf", "smtp.25.banner": "myhostname"},
    ),
    "loopback only": Way(
        swap("^inet_interfaces = .*", "inet_interfaces = loopback-only"),
        {"main.cf.inet_interfaces": "main.cf", "port.25": "restart"},
    ),
    "IPv6 as well": Way(
        swap("^inet_protocols = .*", "inet_protocols = all"),
        {},
        {"main.cf.inet_protocols": "main.cf", "port.25": "restart"},
    ),
    "no TLS": Way(
        swap("^smtpd_tls_security_level = .*", "smtpd_tls_security_level = none"),
        {"smtp.25.starttls": "smtpd_tls_security_level"},
    ),
    "TLS of old": Way(
        line("smtpd_tls_protocols = SSLv3, TLSv1"), {}, {"parameters.smtpd_tls_protocols": "TLSv1"}
    ),
    "AUTH on 25 by main.cf": Way(
        swap("^smtpd_sasl_auth_enable = no", "smtpd_sasl_auth_enable = yes"),
        {"smtp.25.no-auth-tls": "smtpd_sasl_auth_enable", "master.cf.25": "smtp "},
    ),
    "VRFY answered": Way(
        swap("^disable_vrfy_command = yes", "disable_vrfy_command = no"),
        {},
        {"smtp.25.vrfy": "disable_vrfy_command"},
    ),
    "the version in the banner": Way(
        swap("^smtpd_banner = .*", "smtpd_banner = $myhostname ESMTP $mail_name $mail_version"),
        {},
        {"smtp.25.banner": "smtpd_banner", "main.cf.smtpd_banner": "main.cf"},
    ),
    "no limit of a message": Way(
        swap("^message_size_limit = .*", "message_size_limit = 0"),
        {},
        {"main.cf.message_size_limit": "main.cf", "smtp.25.size": "message_size_limit"},
    ),
    "a mailbox smaller than a message": Way(
        swap("^mailbox_size_limit = .*", "mailbox_size_limit = 1000000"),
        {"parameters.mailbox_size_limit": "above message_size_limit"},
        {"main.cf.mailbox_size_limit": "main.cf"},
    ),
    "edited and never reloaded": Way(
        swap("^smtpd_client_connection_rate_limit = 120", "smtpd_client_connection_rate_limit = 1")
        + "; "
        + swap(
            "^smtpd_client_connection_rate_limit = 1$", "smtpd_client_connection_rate_limit = 120"
        ),
        {},
        {"unit.loaded": "reload"},
        settle="sleep 1.2; touch /etc/postfix/main.cf",
    ),
    "restrictions of their own for port 25": Way(
        "postconf -P 'smtp/inet/smtpd_recipient_restrictions="
        "permit_mynetworks,reject_unauth_destination'",
        {},
        {"master.cf.25": "smtp "},
        settle=RELOAD,
    ),
}
