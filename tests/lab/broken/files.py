"""Files of Postfix: who owns them, who may write them, and what takes their place."""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.immutable import immutable, mutable
from tests.lab.broken.way import MAIN, NOTHING, RESTART, Way, line

_SPOOL = "/var/spool/postfix"
_DAEMONS = "/usr/libexec/postfix"
_TYPE = "$(postconf -h default_database_type)"
_RELAY = "[relay.stranger.example]:587 taro:himitsu"


def _while_it_runs(
    script: str, mend: str, *cause: str, stops: Optional[bool] = None, settle: str = NOTHING
) -> Way:
    """Return a way that needs no restart, since Postfix meets the file at the next message."""
    return Way(script, settle=settle, mend=mend, cause=cause, stops=stops)


def _passwords(file_mode: str, index_mode: str) -> str:
    return (
        f"cd /etc/postfix; echo '{_RELAY}' >sasl_passwd; chmod 600 sasl_passwd; "
        f"postmap {_TYPE}:/etc/postfix/sasl_passwd; chmod {index_mode} sasl_passwd.*; "
        f"chmod {file_mode} sasl_passwd\n"
        + line("smtp_sasl_password_maps = $default_database_type:/etc/postfix/sasl_passwd")
    )


WAYS = {
    "maildrop closed to the programs of users": _while_it_runs(
        f"chmod 700 {_SPOOL}/maildrop",
        f"chmod 730 {_SPOOL}/maildrop",
        "maildrop",
        stops=True,
    ),
    "maildrop of another group": _while_it_runs(
        f"chgrp mail {_SPOOL}/maildrop",
        f"chgrp postdrop {_SPOOL}/maildrop",
        "maildrop",
        "postdrop|group",
        stops=True,
    ),
    "public closed to the programs of users": _while_it_runs(
        f"chmod 700 {_SPOOL}/public", f"chmod 710 {_SPOOL}/public", "/public"
    ),
    "postdrop without its set-gid bit": _while_it_runs(
        "chmod g-s /usr/sbin/postdrop",
        "chmod 2755 /usr/sbin/postdrop",
        "/usr/sbin/postdrop",
        "set-?gid|setgid|g\\+s|2755|set-permissions",
        stops=True,
    ),
    "postqueue without its set-gid bit": _while_it_runs(
        "chmod g-s /usr/sbin/postqueue",
        "chmod 2755 /usr/sbin/postqueue",
        "/usr/sbin/postqueue",
        stops=False,
    ),
    "a file system without set-gid under postdrop": _while_it_runs(
        "mount --bind /usr/sbin /usr/sbin; mount -o remount,bind,nosuid /usr/sbin",
        "umount -l /usr/sbin",
        "nosuid",
        stops=True,
    ),
    "a daemon that anybody may replace": _while_it_runs(
        f"chmod 777 {_DAEMONS}/smtpd",
        f"chmod 755 {_DAEMONS}/smtpd",
        f"{_DAEMONS}/smtpd",
        "write|writable|mode",
    ),
    "a daemon that may not be run": Way(
        f"chmod 644 {_DAEMONS}/bounce",
        mend=f"chmod 755 {_DAEMONS}/bounce",
        cause=(f"{_DAEMONS}/bounce",),
        stops=True,
    ),
    "a daemon replaced by another program": Way(
        f"mv {_DAEMONS}/cleanup {_DAEMONS}/cleanup.rpm; cp /bin/true {_DAEMONS}/cleanup",
        mend=f"mv {_DAEMONS}/cleanup.rpm {_DAEMONS}/cleanup",
        cause=("cleanup", "rpm|replaced|not Postfix|reinstall"),
        stops=True,
    ),
    "sendmail is another program": _while_it_runs(
        "ln -sfn /bin/true /etc/alternatives/mta",
        "ln -sfn /usr/sbin/sendmail.postfix /etc/alternatives/mta",
        "/usr/sbin/sendmail|alternatives",
        stops=True,
    ),
    "sendmail in front of Postfix's in the path": _while_it_runs(
        "printf '#!/bin/sh\\ncat >/dev/null\\n' >/usr/local/sbin/sendmail; "
        "chmod 755 /usr/local/sbin/sendmail",
        "rm -f /usr/local/sbin/sendmail",
        "/usr/local/sbin/sendmail",
    ),
    "newaliases is nothing": _while_it_runs(
        "ln -sfn /bin/true /etc/alternatives/mta-newaliases",
        "ln -sfn /usr/bin/newaliases.postfix /etc/alternatives/mta-newaliases",
        "newaliases",
    ),
    "main.cf closed to all but root": _while_it_runs(
        f"chmod 600 {MAIN}", f"chmod 644 {MAIN}", "main\\.cf", "read|mode|644", stops=True
    ),
    "/etc/postfix closed to all but root": _while_it_runs(
        "chmod 700 /etc/postfix",
        "chmod 755 /etc/postfix",
        "/etc/postfix",
        "read|mode|755",
        stops=True,
    ),
    "main.cf that anybody may write": _while_it_runs(
        f"chmod 666 {MAIN}", f"chmod 644 {MAIN}", "main\\.cf", "write|writable|mode"
    ),
    "main.cf of a user": _while_it_runs(
        f"chown taro {MAIN}", f"chown root {MAIN}", "main\\.cf", "\\bown|taro"
    ),
    "the data directory is root's": _while_it_runs(
        "chown root /var/lib/postfix",
        "chown postfix /var/lib/postfix",
        "/var/lib/postfix",
        "\\bown|belong",
        stops=True,
    ),
    "the private sockets are root's": _while_it_runs(
        f"chown root {_SPOOL}/private",
        f"chown postfix {_SPOOL}/private",
        f"{_SPOOL}/private",
        "\\bown",
        stops=True,
    ),
    "an immutable directory of the queue": _while_it_runs(
        immutable(f"{_SPOOL}/incoming"),
        mutable(f"{_SPOOL}/incoming"),
        "incoming",
        "immutable|chattr",
        stops=True,
    ),
    "anybody may write into the queue": _while_it_runs(
        f"chmod 777 {_SPOOL}/incoming",
        f"chmod 700 {_SPOOL}/incoming",
        "incoming",
        "write|writable|mode",
    ),
    "an ACL lets a user into the queue": _while_it_runs(
        f"setfacl -m u:taro:rwx {_SPOOL}/deferred",
        f"setfacl -b {_SPOOL}/deferred",
        "deferred",
        "taro|acl|setfacl",
        stops=False,
    ),
    "a user in the group postdrop": _while_it_runs(
        "usermod -aG postdrop taro", "gpasswd -d taro postdrop", "postdrop", "taro", stops=False
    ),
    "a socket deleted by a clean-up": _while_it_runs(
        f"rm {_SPOOL}/public/cleanup", RESTART, "public/cleanup", stops=True
    ),
    "a socket replaced by a file": _while_it_runs(
        f"rm {_SPOOL}/private/rewrite; touch {_SPOOL}/private/rewrite",
        f"rm -f {_SPOOL}/private/rewrite; {RESTART}",
        "private/rewrite",
        stops=True,
    ),
    "master.pid of another process": _while_it_runs(
        f"echo '   4000000' >{_SPOOL}/pid/master.pid; sleep 0.1", RESTART, "master\\.pid"
    ),
    "passwords of the relay that all may read": Way(
        _passwords("644", "600"), cause=("sasl_passwd", "chmod|mode|read"), stops=False
    ),
    "passwords that all may read in the index": Way(
        _passwords("600", "644"), cause=("sasl_passwd\\.(db|lmdb)", "chmod|mode|read"), stops=False
    ),
    "an index with other rows than its file": _while_it_runs(
        "printf 'junk.example REJECT\\n' >>/etc/postfix/sender_access; "
        "touch -d '2 days ago' /etc/postfix/sender_access",
        NOTHING,
        "sender_access",
        "postmap",
    ),
    "a table of a user": _while_it_runs(
        "chown taro /etc/postfix/sender_access*", NOTHING, "sender_access", "\\bown|taro"
    ),
    "a table that anybody may write": _while_it_runs(
        "chmod 666 /etc/postfix/sender_access", NOTHING, "sender_access", "write|writable|mode"
    ),
    "a type of table whose library is gone": Way(
        "printf 'pcre /usr/lib64/postfix/postfix-pcre.so dict_pcre_open\\n' "
        ">>/etc/postfix/dynamicmaps.cf; printf '/^X-Junk:/ REJECT\\n' >/etc/postfix/body_pcre\n"
        + line("body_checks = pcre:/etc/postfix/body_pcre"),
        cause=("pcre", "dynamicmaps|postfix-pcre|library|package"),
        stops=True,
    ),
    "the index of sender_access is empty": Way(
        "for one in /etc/postfix/sender_access.*; do : >$one; done",
        cause=("sender_access", "postmap"),
        stops=True,
    ),
    "the queue is on a read-only mount": _while_it_runs(
        f"mount --bind {_SPOOL} {_SPOOL}; mount -o remount,bind,ro {_SPOOL}",
        f"umount -l {_SPOOL}",
        _SPOOL,
        "read-only|\\bro\\b",
        stops=True,
    ),
}
