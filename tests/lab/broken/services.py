"""master.cf: services that are missing, have another limit, chroot, right or kind, or listen wrongly."""

from __future__ import annotations

from tests.lab.broken.rows import entry, fault, field, sets, without, written
from tests.lab.broken.way import swap

_POSTSCREEN = (
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

WAYS = {
    "port 25 disabled by a parameter": fault(
        sets("master_service_disable = smtp.inet"), "master_service_disable", stops=True
    ),
    "IPv6 alone": fault(
        sets("inet_protocols = ipv6", "mynetworks = [::1]/128"), "inet_protocols", stops=True
    ),
    "no pickup": fault(without("pickup/unix"), "pickup", stops=True),
    "no cleanup": fault(without("cleanup/unix"), "cleanup", stops=True),
    "no qmgr": fault(without("qmgr/unix"), "qmgr", stops=True),
    "no rewrite": fault(without("rewrite/unix"), "rewrite", stops=True),
    "no smtp client": fault(
        without("smtp/unix"), "smtp", "unix|client|default_transport", stops=True
    ),
    "no proxymap": fault(without("proxymap/unix"), "proxymap", stops=True),
    "no defer": fault(without("defer/unix"), "\\bdefer\\b"),
    "no trace": fault(without("trace/unix"), "\\btrace\\b"),
    "no retry": fault(without("retry/unix"), "\\bretry\\b"),
    "no error": fault(without("error/unix"), "\\berror\\b"),
    "no anvil": fault(without("anvil/unix"), "anvil"),
    "no scache": fault(without("scache/unix"), "scache", stops=False),
    "no showq": fault(without("showq/unix"), "showq"),
    "no flush": fault(without("flush/unix"), "\\bflush\\b", stops=False),
    "no verify, which a restriction needs": fault(
        sets("smtpd_sender_restrictions = permit_mynetworks, reject_unverified_sender")
        + "\n"
        + without("verify/unix"),
        "verify",
        stops=True,
    ),
    "no relay, which a domain needs": fault(
        sets("relay_domains = stranger.example") + "\n" + without("relay/unix"),
        "\\brelay\\b",
        stops=True,
    ),
    "five queue managers": fault(field("qmgr/unix", "process_limit=5"), "qmgr", stops=True),
    "five managers of TLS sessions": fault(
        field("tlsmgr/unix", "process_limit=5"), "tlsmgr", stops=True
    ),
    "ten senders of bounces": fault(field("bounce/unix", "process_limit=10"), "bounce", stops=True),
    "one cleanup": fault(field("cleanup/unix", "process_limit=1"), "cleanup", stops=True),
    "nobody wakes pickup": fault(field("pickup/unix", "wakeup=0"), "pickup", stops=False),
    "nobody wakes qmgr": fault(field("qmgr/unix", "wakeup=0"), "qmgr", stops=False),
    "local without privileges": fault(
        field("local/unix", "unprivileged=y"), "\\blocal\\b", "priv", stops=True
    ),
    "smtpd with privileges": fault(
        field("smtp/inet", "unprivileged=n"), "smtpd?\\b", "priv", stops=True
    ),
    "rewrite in public": fault(field("rewrite/unix", "private=n"), "rewrite", stops=True),
    "cleanup in private": fault(field("cleanup/unix", "private=y"), "cleanup", stops=True),
    "the client in a chroot with nothing in it": fault(
        "rm -rf /var/spool/postfix/etc\n" + field("smtp/unix", "chroot=y"),
        "smtp",
        "chroot",
        stops=True,
    ),
    "local in a chroot": fault(
        field("local/unix", "chroot=y"), "\\blocal\\b", "chroot", stops=True
    ),
    "proxymap in a chroot": fault(
        field("proxymap/unix", "chroot=y"), "proxymap", "chroot", stops=True
    ),
    "465 by postscreen": fault(
        field("smtps/inet", "command=postscreen") + "\n" + field("smtps/inet", "process_limit=1"),
        "465|smtps",
        stops=True,
    ),
    "25 with all of its talk in the log": fault(
        field("smtp/inet", "command=smtpd -v"), "-v", stops=False
    ),
    "postscreen that knows only strangers to refuse": fault(
        _POSTSCREEN
        + written("/etc/postfix/screen", "192.168.1.0/24 permit", "0.0.0.0/0 reject")
        + sets(
            "postscreen_access_list = permit_mynetworks, cidr:/etc/postfix/screen",
            "postscreen_blacklist_action = drop",
        ),
        "postscreen_access_list|postfix/screen",
        stops=True,
    ),
    "postscreen that cannot remember": fault(
        _POSTSCREEN + sets("postscreen_cache_map = btree:/var/lib/nowhere/postscreen"),
        "postscreen_cache_map|/var/lib/nowhere",
        stops=True,
    ),
    "two postscreens": fault(
        _POSTSCREEN + field("smtp/inet", "process_limit=2"), "postscreen|\\bsmtp\\b", stops=True
    ),
    "postscreen without TLS": fault(_POSTSCREEN + without("tlsproxy/unix"), "tlsproxy", stops=None),
    "postscreen that greets after a minute": fault(
        _POSTSCREEN + sets("postscreen_greet_wait = 60s"), "postscreen_greet_wait"
    ),
    "postscreen with its lists, and nobody to ask them": fault(
        _POSTSCREEN
        + sets("postscreen_dnsbl_sites = zen.spamhaus.org*2", "postscreen_dnsbl_action = enforce")
        + "\n"
        + without("dnsblog/unix"),
        "dnsblog",
    ),
    "an indented line that joins the one before it": fault(
        swap("^smtpd_tls_key_file", "  smtpd_tls_key_file"),
        "smtpd_tls_(cert|key)_file",
        stops=True,
    ),
}
