"""Servers that others set up by other habits and that are right: `check` must not blame them."""

from __future__ import annotations

from tests.lab.broken.way import MASTER, NOTHING, Way, line, swap

_ONLY = "  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject"
_TYPE = "$(postconf -h default_database_type)"
_ECHO = r"""
cat >/srv/broken/echo.py <<'END'
import socketserver, sys
class Greets(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 here ESMTP\r\n")
        for line in self.rfile:
            word = line.split(None, 1)[0].upper() if line.strip() else b""
            if word == b"QUIT":
                break
            self.wfile.write(b"250 ok\r\n")
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Greets).serve_forever()
END
systemd-run -q --collect --unit=%s python3 /srv/broken/echo.py %d
until ss -Hnlt sport = :%d | grep -q .; do sleep 0.1; done
"""


def _alive(port: int) -> str:
    """Start something that answers on a port of loopback, as a filter of the operator's would."""
    return _ECHO % (f"behind-{port}", port, port)


def _ended(port: int) -> str:
    return f"systemctl stop behind-{port}"


_POSTSCREEN = f"""
sed -i 's|^smtp .*inet .*smtpd$|smtp inet n - n - 1 postscreen|' {MASTER}
cat >>{MASTER} <<'END'
smtpd     pass  -       -       n       -       -       smtpd
dnsblog   unix  -       -       n       -       0       dnsblog
tlsproxy  unix  -       -       n       -       0       tlsproxy
END
"""

UNUSUAL = {
    "the networks in a file": Way(
        "postconf -h mynetworks | tr -d ',' | tr ' ' '\\n' >/etc/postfix/mynets; "
        + swap("^mynetworks = .*", "mynetworks = /etc/postfix/mynets")
    ),
    "a list of those who may have mail": Way(
        "echo 'taro x' >/etc/postfix/people; "
        "postmap $(postconf -h default_database_type):/etc/postfix/people; "
        + line("local_recipient_maps = $default_database_type:/etc/postfix/people $alias_maps")
    ),
    "postscreen in front": Way(_POSTSCREEN + line("postscreen_greet_wait = 1s")),
    "a milter that answers": Way(
        _alive(8891)
        + line("smtpd_milters = inet:127.0.0.1:8891")
        + "\n"
        + line("milter_default_action = accept"),
        mend=_ended(8891),
    ),
    "a content filter with its way back": Way(
        _alive(10024)
        + line("content_filter = smtp:[127.0.0.1]:10024")
        + f"\nprintf '127.0.0.1:10025 inet n - n - - smtpd -o content_filter= "
        f"-o smtpd_recipient_restrictions=permit_mynetworks,reject\\n' >>{MASTER}",
        mend=_ended(10024),
    ),
    # One that answers: where it does not, no mail leaves, and `check` says so.
    "a relay host": Way(_alive(8587) + line("relayhost = [127.0.0.1]:8587"), mend=_ended(8587)),
    "virtual domains": Way(
        f"printf 'info@virtual.example taro\\n' >/etc/postfix/virtual; "
        f"postmap {_TYPE}:/etc/postfix/virtual\n"
        + line("virtual_alias_domains = virtual.example")
        + "\n"
        + line("virtual_alias_maps = $default_database_type:/etc/postfix/virtual")
    ),
    "one more door for users": Way(
        f"printf '2525 inet n - n - - smtpd -o smtpd_tls_security_level=encrypt "
        f"-o smtpd_sasl_auth_enable=yes "
        f"-o smtpd_recipient_restrictions=permit_sasl_authenticated,reject\\n' >>{MASTER}"
    ),
    "EL's own way to keep strangers off 587": Way(
        swap(
            f"^{_ONLY}",
            "  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\\n"
            "  -o smtpd_recipient_restrictions=",
            MASTER,
        )
    ),
    "options through other names": Way(
        swap(
            f"^{_ONLY}",
            "  -o smtpd_recipient_restrictions=$mua_recipient_restrictions",
            MASTER,
        )
        + "\n"
        + line("mua_recipient_restrictions = permit_sasl_authenticated, reject")
    ),
    "names through other parameters": Way(
        line("lan = 192.168.1.0/24")
        + "\n"
        + line("smtpd_client_event_limit_exceptions = $lan, $mynetworks")
    ),
    "tables of other types": Way(
        "printf '/^X-Junk:/ REJECT\\n' >/etc/postfix/checks; "
        "printf '192.0.2.0/24 REJECT\\n' >/etc/postfix/clients\n"
        + line("header_checks = regexp:/etc/postfix/checks")
        + "\n"
        + line("smtpd_client_restrictions = check_client_access cidr:/etc/postfix/clients")
    ),
    "smtpd in a chroot with its files": Way(
        swap("^smtp \\(.*\\)inet  n       -       n ", "smtp \\1inet  n       -       y ", MASTER)
        + "; mkdir -p /var/spool/postfix/etc; cp /etc/resolv.conf /etc/hosts /etc/services "
        "/etc/nsswitch.conf /etc/localtime /var/spool/postfix/etc/ 2>/dev/null || :",
        mend="rm -rf /var/spool/postfix/etc",
    ),
    "restrictions of a class": Way(
        line("smtpd_restriction_classes = strict")
        + "\n"
        + line("strict = reject_unknown_recipient_domain, permit")
        + "\n"
        + line("smtpd_sender_restrictions = check_sender_access static:strict")
    ),
    "a policy service that answers": Way(
        _alive(10023)
        + line("smtpd_end_of_data_restrictions = check_policy_service inet:127.0.0.1:10023"),
        mend=_ended(10023),
    ),
    "an ECDSA certificate for a wildcard": Way(
        "live=/etc/letsencrypt/live/zeke.ne.jp; cd /srv/broken; "
        "cp --remove-destination wild.pem $live/fullchain.pem; "
        "cp --remove-destination wild.key $live/privkey.pem"
    ),
    "rules of fail2ban and for ssh": Way(
        "nft add table inet f2b; nft 'add set inet f2b banned { type ipv4_addr; }'; "
        "nft 'add chain inet f2b input { type filter hook input priority -1; }'; "
        "nft add rule inet f2b input tcp dport { 25, 465, 587 } ip saddr @banned reject; "
        "nft add rule inet f2b input tcp dport 22 limit rate over 10/minute drop",
        settle=NOTHING,
        mend="nft delete table inet f2b",
    ),
    "comments, blanks and a folded list": Way(
        "printf '\\n# by hand\\nalways_add_missing_headers\\t=\\tno\\n"
        "smtpd_forbidden_commands =\\n    CONNECT\\n    # no GET\\n    GET,  POST\\n' "
        ">>/etc/postfix/main.cf"
    ),
    "the log in a file": Way(line("maillog_file = /var/log/postfix.log")),
    "ports by number": Way(
        swap("^submission inet", "587        inet", MASTER)
        + "; sed -i 's|^smtps \\(.*\\) inet|465 \\1 inet|; s|^submissions inet|465 inet|' "
        + MASTER
    ),
    "aliases in a second table": Way(
        "printf 'sales: taro\\n' >/etc/postfix/aliases; "
        f"postalias {_TYPE}:/etc/postfix/aliases\n"
        + swap("^alias_maps = .*", "&, $default_database_type:/etc/postfix/aliases"),
    ),
}
