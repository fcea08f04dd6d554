"""People who log in and send: what keeps them out, and what lets out their passwords."""

from __future__ import annotations

from tests.lab.broken.rows import MAP, built, fault, option, sets, written

_HOME = "permit_mynetworks, reject"

WAYS = {
    "the auth socket by another name": fault(
        sets("smtpd_sasl_path = private/auth-client"), "smtpd_sasl_path|auth-client", stops=True
    ),
    "logins by Cyrus, which is not set up": fault(
        sets("smtpd_sasl_type = cyrus", "smtpd_sasl_path = smtpd"), "smtpd_sasl_type", stops=True
    ),
    "plain passwords forbidden within TLS too": fault(
        sets("smtpd_sasl_tls_security_options = noanonymous, noplaintext"),
        "smtpd_sasl_tls_security_options",
        stops=True,
    ),
    "AUTH offered to nobody": fault(
        sets("smtpd_sasl_exceptions_networks = static:all"),
        "smtpd_sasl_exceptions_networks",
        stops=True,
    ),
    "STARTTLS left out of the answer to EHLO": fault(
        sets("smtpd_discard_ehlo_keywords = starttls"), "smtpd_discard_ehlo_keywords", stops=True
    ),
    "AUTH left out for some addresses, which are all": fault(
        written("/etc/postfix/keywords", "0.0.0.0/0 auth")
        + sets("smtpd_discard_ehlo_keyword_address_maps = cidr:/etc/postfix/keywords"),
        "smtpd_discard_ehlo_keyword_address_maps",
        stops=True,
    ),
    "AUTH rewritten": fault(
        written("/etc/postfix/commands", "/^AUTH/ NOOP")
        + sets("smtpd_command_filter = regexp:/etc/postfix/commands"),
        "smtpd_command_filter",
        stops=True,
    ),
    "the relay rule forgets who has logged in": fault(
        sets("smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination"),
        "smtpd_relay_restrictions",
        stops=True,
    ),
    "587 for the LAN's clients": fault(
        option("submission/inet", f"smtpd_client_restrictions={_HOME.replace(' ', '')}"),
        "smtpd_client_restrictions",
        stops=True,
    ),
    "587 demands a certificate of clients": fault(
        option("submission/inet", "smtpd_tls_req_ccert=yes"), "smtpd_tls_req_ccert", stops=True
    ),
    "clients are judged before they can log in": fault(
        sets("smtpd_delay_reject = no")
        + "\n"
        + option("submission/inet", "smtpd_client_restrictions=permit_sasl_authenticated,reject"),
        "smtpd_delay_reject",
        stops=True,
    ),
    "nobody owns an address": fault(
        option("submission/inet", "smtpd_sender_restrictions=reject_sender_login_mismatch"),
        "smtpd_sender_login_maps|reject_sender_login_mismatch",
        stops=True,
    ),
    "owners of addresses by another form of their login": fault(
        built("owners", "taro@zeke.ne.jp taro@zeke.ne.jp")
        + sets(f"smtpd_sender_login_maps = {MAP}owners")
        + "\n"
        + option("submission/inet", "smtpd_sender_restrictions=reject_sender_login_mismatch"),
        "smtpd_sender_login_maps|owners",
        stops=True,
    ),
    "our own domain refused as a sender, on 587 too": fault(
        built("spoofed", "zeke.ne.jp REJECT not from outside")
        + sets(f"smtpd_sender_restrictions = permit_mynetworks, check_sender_access {MAP}spoofed"),
        "smtpd_sender_restrictions|spoofed",
        stops=True,
    ),
    "a blocklist for those who log in": fault(
        sets("smtpd_client_restrictions = permit_mynetworks, reject_rbl_client zen.spamhaus.org"),
        "smtpd_client_restrictions",
    ),
    "the names of PCs refused": fault(
        sets(
            "smtpd_helo_restrictions = permit_mynetworks, reject_non_fqdn_helo_hostname, "
            "reject_unknown_helo_hostname"
        ),
        "smtpd_helo_restrictions|reject_unknown_helo_hostname",
    ),
    "logins in the headers": fault(
        sets("smtpd_sasl_authenticated_header = yes"),
        "smtpd_sasl_authenticated_header",
        stops=False,
    ),
    "a milter that only 587 has": fault(
        option("submission/inet", "smtpd_milters=inet:127.0.0.1:8899"),
        "8899",
        stops=True,
    ),
    "one login a minute": fault(
        sets("smtpd_client_auth_rate_limit = 1"), "smtpd_client_auth_rate_limit"
    ),
    "587 knows a proxy in front that is not there": fault(
        option("submission/inet", "smtpd_upstream_proxy_protocol=haproxy"),
        "smtpd_upstream_proxy_protocol|587",
        stops=True,
    ),
    "465 with strangers' rules after the login": fault(
        option("smtps/inet", "smtpd_end_of_data_restrictions=reject"),
        "smtpd_end_of_data_restrictions|465|smtps",
        stops=True,
    ),
}
