"""Servers that are right about Postfix by other habits: `check` must not call any of them wrong."""

from __future__ import annotations

from tests.lab.broken.rows import (
    MAP,
    aliased,
    built,
    entry,
    field,
    option,
    sets,
    without,
    written,
)
from tests.lab.broken.way import Way

_DUNNO = (
    'printf \'#!/bin/sh\\nwhile read -r line; do [ "$line" ] || '
    'printf "action=DUNNO\\\\n\\\\n"; done\\n\' '
    ">/etc/postfix/policy; chmod 755 /etc/postfix/policy\n"
    + entry("policy unix - n n - 0 spawn user=nobody argv=/etc/postfix/policy")
)
_SCREEN = (
    field("smtp/inet", "command=postscreen")
    + "\n"
    + field("smtp/inet", "process_limit=1")
    + "\n"
    + entry(
        "smtpd pass - - n - - smtpd",
        "dnsblog unix - - n - 0 dnsblog",
        "tlsproxy unix - - n - 0 tlsproxy",
    )
)
_RECIPIENTS = "postconf -h smtpd_recipient_restrictions"


def _at_the_end(restriction: str) -> str:
    # Within double quotes the shell would put its own, empty value in place of a name of main.cf's.
    saved = restriction.replace("$", "\\$")
    return f'postconf -e "smtpd_recipient_restrictions = $({_RECIPIENTS}), {saved}"'


UNUSUAL = {
    "a greylist that says DUNNO, by spawn": Way(
        _DUNNO + _at_the_end("check_policy_service unix:private/policy")
    ),
    "a policy service with a default of its own": Way(
        _DUNNO
        + _at_the_end(
            "check_policy_service { unix:private/policy, default_action=DUNNO, timeout=10s }"
        )
    ),
    "classes of recipients": Way(
        built("guarded", "staff@zeke.ne.jp insiders")
        + aliased("staff: taro")
        + sets("smtpd_restriction_classes = insiders", "insiders = permit_mynetworks, reject")
        + "\n"
        + _at_the_end(f"check_recipient_access {MAP}guarded")
    ),
    "the same networks in a cidr table": Way(
        written("/etc/postfix/networks", "192.168.1.0/24 OK", "127.0.0.0/8 OK")
        + sets("mynetworks = cidr:/etc/postfix/networks")
    ),
    "the same networks in a file of lines": Way(
        written("/etc/postfix/networks", "# ours", "192.168.1.0/24", "127.0.0.0/8")
        + sets("mynetworks = /etc/postfix/networks")
    ),
    "local domains in a file": Way(
        written(
            "/etc/postfix/domains",
            *("mail.zeke.ne.jp", "localhost.zeke.ne.jp", "localhost", "zeke.ne.jp"),
            *("ace.zeke.ne.jp", "cafe.zeke.ne.jp", "myhome.zeke.ne.jp"),
        )
        + sets("mydestination = /etc/postfix/domains")
    ),
    "access tables as texthash and inline": Way(
        written("/etc/postfix/junk", "junk.example REJECT")
        + sets(
            "smtpd_sender_restrictions = check_sender_access texthash:/etc/postfix/junk, "
            "check_sender_access inline:{worse.example=REJECT}"
        )
    ),
    "a second domain relayed to the server behind": Way(
        built("behind", "info@branch.example OK")
        + built("transport", "branch.example smtp:[192.168.1.2]")
        + sets(
            "relay_domains = branch.example",
            f"relay_recipient_maps = {MAP}behind",
            f"transport_maps = {MAP}transport",
        )
    ),
    "a domain relayed, its recipients asked for there": Way(
        built("transport", "branch.example smtp:[192.168.1.2]")
        + sets("relay_domains = branch.example", f"transport_maps = {MAP}transport")
        + "\n"
        + _at_the_end("reject_unverified_recipient")
    ),
    "senders asked for, strangers alone": Way(
        built("asked", "freemail.example reject_unverified_sender")
        + _at_the_end(f"check_sender_access {MAP}asked")
    ),
    "postscreen with its deep tests and lists": Way(
        _SCREEN
        + written("/etc/postfix/screen", "192.168.1.0/24 permit", "203.0.113.66 reject")
        + sets(
            "postscreen_access_list = permit_mynetworks, cidr:/etc/postfix/screen",
            "postscreen_greet_action = enforce",
            "postscreen_dnsbl_sites = zen.spamhaus.org=127.0.0.[2..11]*2 bl.spamcop.net*1",
            "postscreen_dnsbl_threshold = 2",
            "postscreen_dnsbl_action = enforce",
            "postscreen_pipelining_enable = yes",
            "postscreen_non_smtp_command_enable = yes",
            "postscreen_bare_newline_enable = yes",
        )
    ),
    "everybody waits for the greeting": Way(
        sets("smtpd_delay_reject = no", "smtpd_client_restrictions = sleep 5, permit_mynetworks")
    ),
    "postscreen that lets this host wait as well": Way(
        _SCREEN + sets("postscreen_access_list =", "postscreen_greet_wait = 6s")
    ),
    "a pause before each recipient": Way(_at_the_end("sleep 3")),
    "587 with lists of its own": Way(
        option(
            "submission/inet",
            "smtpd_client_restrictions=permit_sasl_authenticated,reject",
            "smtpd_helo_restrictions=",
            "smtpd_sender_restrictions=",
            "smtpd_relay_restrictions=permit_sasl_authenticated,reject",
            "milter_macro_daemon_name=ORIGINATING",
        )
    ),
    "owners of addresses as their logins": Way(
        built("owners", "taro@zeke.ne.jp taro", "taro@mail.zeke.ne.jp taro")
        + sets(f"smtpd_sender_login_maps = {MAP}owners")
        + "\n"
        + option("submission/inet", "smtpd_sender_restrictions=reject_sender_login_mismatch")
    ),
    "our own domain only from those who have logged in": Way(
        built("ours", "zeke.ne.jp REJECT log in first")
        + sets(
            "smtpd_sender_restrictions = permit_mynetworks, permit_sasl_authenticated, "
            f"check_sender_access {MAP}ours"
        )
    ),
    "users' addresses by a virtual table": Way(
        built("virtual", "Taro.Zeke@zeke.ne.jp taro", "info@zeke.ne.jp taro")
        + sets(f"virtual_alias_maps = {MAP}virtual")
    ),
    "LMTP as the transport of all, aliases by the virtual table": Way(
        built(
            "virtual",
            *("postmaster@zeke.ne.jp taro", "abuse@zeke.ne.jp taro", "root@zeke.ne.jp taro"),
            *("postmaster@mail.zeke.ne.jp taro", "root@mail.zeke.ne.jp taro"),
        )
        + sets(
            "local_transport = lmtp:unix:private/dovecot-lmtp",
            f"virtual_alias_maps = {MAP}virtual",
        )
    ),
    "virtual mailboxes by Dovecot": Way(
        built("boxes", "taro@box.example yes")
        + sets(
            "virtual_mailbox_domains = box.example",
            f"virtual_mailbox_maps = {MAP}boxes",
            "virtual_transport = lmtp:unix:private/dovecot-lmtp",
        )
    ),
    "a slow way to one provider": Way(
        entry("slow unix - - n - 2 smtp", "  -o syslog_name=postfix/slow")
        + built("transport", "slow.example slow:")
        + sets(
            f"transport_maps = {MAP}transport",
            "slow_destination_rate_delay = 2s",
            "slow_destination_concurrency_limit = 2",
        )
    ),
    "TLS demanded of one domain": Way(
        built("tls_policy", "bank.example encrypt")
        + sets(f"smtp_tls_policy_maps = {MAP}tls_policy")
    ),
    "an alias to a program that is there": Way(aliased('archive: "|/bin/cat >/dev/null"')),
    "a list with its owner": Way(
        written("/etc/postfix/staff", "taro")
        + aliased("staff: :include:/etc/postfix/staff", "owner-staff: taro")
    ),
    "junk thrown away by a header check": Way(
        written("/etc/postfix/checks", "/^Subject:.*\\[casino\\]/ DISCARD", "/^X-Note:/ HOLD")
        + sets("header_checks = regexp:/etc/postfix/checks")
    ),
    "Received lines of those who log in taken away": Way(
        written("/etc/postfix/hide", "/^Received:.*with ESMTPSA/ IGNORE")
        + entry("subclean unix n - n - 0 cleanup", "  -o header_checks=regexp:/etc/postfix/hide")
        + option("submission/inet", "cleanup_service_name=subclean")
    ),
    "no service that nobody needs": Way("\n".join(map(without, ("virtual/unix", "discard/unix")))),
    "pickup of old": Way(field("pickup/unix", "type=fifo")),
    "long names in the queue, and a queue in fewer directories": Way(
        sets("enable_long_queue_ids = yes", "hash_queue_depth = 2")
    ),
    "CHUNKING not offered": Way(sets("smtpd_discard_ehlo_keywords = chunking, silent-discard")),
    "what is sent leaves from the address that it came to": Way(
        option("smtp/unix", "smtp_bind_address=203.0.113.1")
    ),
    "our name in mail that leaves": Way(
        built("generic", "root@mail.zeke.ne.jp taro@zeke.ne.jp")
        + sets(f"smtp_generic_maps = {MAP}generic")
    ),
    "HELO judged for strangers alone": Way(
        sets(
            "smtpd_helo_required = yes",
            "smtpd_helo_restrictions = permit_mynetworks, permit_sasl_authenticated, "
            "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname",
        )
        + "\n"
        + option("submission/inet", "smtpd_helo_restrictions=")
        + "\n"
        + option("smtps/inet", "smtpd_helo_restrictions=")
    ),
}
