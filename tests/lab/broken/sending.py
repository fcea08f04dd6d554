"""Mail that leaves: routes, relay hosts, logins there, TLS there, and the addresses it leaves from."""

from __future__ import annotations

from tests.lab.broken.rows import MAP, built, fault, field, option, sets, written


def _route(*rows: str) -> str:
    return built("transport", *rows) + sets(f"transport_maps = {MAP}transport")


WAYS = {
    "our own domain routed elsewhere": fault(
        _route("zeke.ne.jp smtp:[192.0.2.9]"), "transport", "zeke\\.ne\\.jp", stops=True
    ),
    "all mail routed to ourselves": fault(
        _route("* smtp:[127.0.0.1]"), "transport", "127\\.0\\.0\\.1", stops=True
    ),
    "all mail that leaves thrown away": fault(
        _route("* discard:"), "transport", "discard", stops=True
    ),
    "a route by a service that master.cf lacks": fault(
        _route("stranger.example uucp:there"), "transport", "uucp", stops=True
    ),
    "a domain that is answered with an error": fault(
        _route("stranger.example error:5.1.2 gone"), "transport", "error"
    ),
    "routes by a server that is dead": fault(
        sets("transport_maps = tcp:127.0.0.1:9997"), "transport_maps|9997", stops=True
    ),
    "nothing may leave": fault(
        sets("default_transport = error:outside mail is not deliverable"),
        "default_transport",
        stops=True,
    ),
    "nothing may leave, by the rewriting service alone": fault(
        option("rewrite/unix", "default_transport=error:not-here"),
        "rewrite|default_transport",
        stops=True,
    ),
    "a relay host of a name that is not there": fault(
        sets("relayhost = [smtp.provder.example]:587"), "relayhost|provder", stops=True
    ),
    "a relay host by sender that is not there": fault(
        built(
            "relays",
            "@zeke.ne.jp [smtp.provder.example]:587",
            "@mail.zeke.ne.jp [smtp.provder.example]:587",
        )
        + sets(f"sender_dependent_relayhost_maps = {MAP}relays"),
        "sender_dependent_relayhost_maps|provder",
        stops=True,
    ),
    "a transport by sender that is not there": fault(
        built("relays", "@zeke.ne.jp bulk:", "@mail.zeke.ne.jp bulk:")
        + sets(f"sender_dependent_default_transport_maps = {MAP}relays"),
        "sender_dependent_default_transport_maps|bulk",
        stops=True,
    ),
    "a login without passwords": fault(
        sets("smtp_sasl_auth_enable = yes"), "smtp_sasl_(auth_enable|password_maps)", stops=True
    ),
    "a login of a type that clients lack": fault(
        built("passwords", "[mail.stranger.example] taro:x")
        + "chmod 600 /etc/postfix/passwords*\n"
        + sets(
            "smtp_sasl_auth_enable = yes",
            "smtp_sasl_type = dovecot",
            f"smtp_sasl_password_maps = {MAP}passwords",
        ),
        "smtp_sasl_type",
        stops=True,
    ),
    "passwords that all may read": fault(
        built("passwords", "[smtp.provider.example]:587 taro:secret")
        + "chmod 644 /etc/postfix/passwords*\n"
        + sets(f"smtp_sasl_password_maps = {MAP}passwords"),
        "passwords",
        "read|chmod|600|640",
        stops=False,
    ),
    "TLS demanded of all servers": fault(
        sets("smtp_tls_security_level = encrypt"), "smtp_tls_security_level", stops=True
    ),
    "DANE without DNSSEC": fault(
        sets("smtp_tls_security_level = dane"),
        "smtp_tls_security_level|smtp_dns_support_level",
        stops=False,
    ),
    "no TLS to other servers": fault(
        sets("smtp_tls_security_level = none"), "smtp_tls_security_level", stops=False
    ),
    "TLS for one domain that it does not have": fault(
        built("tls_policy", "stranger.example secure", ".stranger.example secure")
        + sets(f"smtp_tls_policy_maps = {MAP}tls_policy"),
        "smtp_tls_policy_maps|tls_policy",
    ),
    "a word in the TLS policy that there is not": fault(
        built("tls_policy", "stranger.example mandatory")
        + sets(f"smtp_tls_policy_maps = {MAP}tls_policy"),
        "smtp_tls_policy_maps|tls_policy",
        stops=True,
    ),
    "authorities of other servers in a file that is gone": fault(
        sets("smtp_tls_CAfile = /etc/pki/tls/certs/gone.crt"), "smtp_tls_CAfile", stops=False
    ),
    "a certificate of our client that is gone": fault(
        sets("smtp_tls_cert_file = /etc/pki/tls/certs/gone.crt"), "smtp_tls_cert_file", stops=False
    ),
    "only SSLv3 to other servers": fault(
        sets("smtp_tls_protocols = SSLv3"), "smtp_tls_protocols", stops=False
    ),
    "EHLO never said": fault(
        sets("smtp_never_send_ehlo = yes"), "smtp_never_send_ehlo", stops=False
    ),
    "the offer of STARTTLS not heard": fault(
        sets("smtp_discard_ehlo_keywords = starttls"), "smtp_discard_ehlo_keywords", stops=False
    ),
    "sent from an address that this host lacks": fault(
        sets("smtp_bind_address = 198.51.100.9"), "smtp_bind_address", stops=False
    ),
    "sent from loopback by an option of smtp": fault(
        option("smtp/unix", "smtp_bind_address=127.0.0.1"), "smtp_bind_address", stops=True
    ),
    "TLS demanded by an option of smtp": fault(
        option("smtp/unix", "smtp_tls_security_level=encrypt"),
        "smtp_tls_security_level",
        "master.cf|-o|smtp/unix",
        stops=True,
    ),
    "says HELO localhost": fault(sets("smtp_helo_name = localhost"), "smtp_helo_name", stops=False),
    "another's server is behind our NAT": fault(
        sets("proxy_interfaces = 203.0.113.9"), "proxy_interfaces", stops=True
    ),
    "a fallback relay that is not there": fault(
        sets("smtp_fallback_relay = [backup.provder.example]"), "smtp_fallback_relay|provder"
    ),
    "MX records filtered away": fault(
        written("/etc/postfix/dns_filter", "/./ IGNORE")
        + sets("smtp_dns_reply_filter = regexp:/etc/postfix/dns_filter"),
        "smtp_dns_reply_filter",
        stops=True,
    ),
    "good answers read as bad ones": fault(
        written("/etc/postfix/replies", "/^250/ 450 try later")
        + sets("smtp_reply_filter = regexp:/etc/postfix/replies"),
        "smtp_reply_filter",
        stops=True,
    ),
    "what may come later bounces now": fault(
        written("/etc/postfix/fates", "/^4(.*)/ 5$1")
        + sets("default_delivery_status_filter = regexp:/etc/postfix/fates"),
        "default_delivery_status_filter",
    ),
    "what was sent, sent by a service that only discards": fault(
        field("smtp/unix", "command=discard"), "smtp", "discard", stops=True
    ),
    "a greeting must come within a second": fault(
        sets("smtp_helo_timeout = 1s"), "smtp_helo_timeout", stops=False
    ),
    "outgoing senders of a domain that is not there": fault(
        built("generic", "@zeke.ne.jp @zeke.local", "@mail.zeke.ne.jp @zeke.local")
        + sets(f"smtp_generic_maps = {MAP}generic"),
        "smtp_generic_maps|zeke\\.local",
    ),
    "headers of outgoing mail without From and Date": fault(
        written("/etc/postfix/sent_checks", "/^(From|Date|Message-ID):/ IGNORE")
        + sets("smtp_header_checks = regexp:/etc/postfix/sent_checks"),
        "smtp_header_checks|sent_checks",
    ),
    "mail leaves from localdomain": fault(
        sets("myorigin = localhost.localdomain"), "myorigin", stops=True
    ),
}
