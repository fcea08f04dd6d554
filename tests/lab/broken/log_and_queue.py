"""What the log says and whether it is written, and what waits in the queue and why."""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.way import NOTHING, RESTART, Way, restart

_SPOOL = "/var/spool/postfix"
_LOG = "/var/log/maillog"
_RSYSLOG = restart("rsyslog")
_JOURNALD = "systemctl restart systemd-journald; sleep 0.3; " + _RSYSLOG
_QUIET = "postsuper -d ALL 2>/dev/null || :"
_FORGET = f"{_RSYSLOG}; [ ! -e /srv/broken/maillog ] || cat /srv/broken/maillog >{_LOG}; journalctl -q --rotate; sleep 1.2; journalctl -q --vacuum-time=1s 2>/dev/null"


def _log(script: str, *cause: str, mend: str = _RSYSLOG, stops: Optional[bool] = False) -> Way:
    return Way(script, settle=NOTHING, mend=mend, cause=cause, stops=stops)


def _journal(text: str, *cause: str) -> Way:
    """Return a way that gives journald a drop-in (journald.conf(5))."""
    return _log(
        "mkdir -p /etc/systemd/journald.conf.d; "
        f"printf '[Journal]\\n{text}\\n' >/etc/systemd/journald.conf.d/own.conf; {_JOURNALD}",
        *cause,
        mend=f"rm -rf /etc/systemd/journald.conf.d; {_JOURNALD}",
    )


def _said(program: str, *cause: str, stops: Optional[bool] = None) -> Way:
    """Return a way that has lines in the log, as Postfix writes them."""
    return Way(
        f"cp {_LOG} /srv/broken/maillog; {program}; sleep 0.3",
        settle=NOTHING,
        mend=_FORGET,
        cause=cause,
        stops=stops,
    )


def _lines(count: int, program: str, text: str) -> str:
    """Return a loop that writes `count` lines; $i is the number of the line."""
    return f"for i in $(seq {count}); do echo \"{text}\"; done | logger -p mail.info -t '{program}[4711]'"


def _waits(script: str, *cause: str, stops: Optional[bool] = None, mend: str = NOTHING) -> Way:
    return Way(
        script,
        settle=NOTHING,
        mend=f"{mend}; {_QUIET}; {_FORGET}; {RESTART}",
        cause=cause,
        stops=stops,
    )


_ONE_DEFERRED = (
    f"cp {_LOG} /srv/broken/maillog; "
    "printf 'Subject: x\\n\\nx\\n' | sendmail -f taro@zeke.ne.jp someone@mail.stranger.example; "
    f"until find {_SPOOL}/deferred -type f | grep -q .; do sleep 0.1; done"
)
_MANY = """
python3 - <<'END'
import smtplib
with smtplib.SMTP("127.0.0.1") as one:
    for number in range(1500):
        one.sendmail("taro@zeke.ne.jp", [f"u{number}@mail.stranger.example"], "Subject: x\\r\\n\\r\\nx\\r\\n")
END"""
WAYS = {
    "no line for mail in rsyslog.conf": _log(
        f"cp /etc/rsyslog.conf /srv/broken/; sed -i '/^mail/d' /etc/rsyslog.conf; {_RSYSLOG}",
        "rsyslog|maillog",
        mend=f"cp /srv/broken/rsyslog.conf /etc/rsyslog.conf; {_RSYSLOG}",
    ),
    "a rule that throws Postfix's lines away": _log(
        "cp /etc/rsyslog.conf /srv/broken/; "
        "sed -i '1i:programname, startswith, \"postfix\" stop' /etc/rsyslog.conf; " + _RSYSLOG,
        "rsyslog|maillog",
        mend=f"cp /srv/broken/rsyslog.conf /etc/rsyslog.conf; {_RSYSLOG}",
    ),
    "a log that was moved under its writer": _log(
        f"mv {_LOG} {_LOG}-old; touch {_LOG}; chmod 600 {_LOG}; sleep 1.1",
        "maillog",
        mend=f"mv {_LOG}-old {_LOG}; {_RSYSLOG}",
    ),
    "a log that is a directory": _log(
        f"systemctl stop rsyslog syslog.socket; mv {_LOG} {_LOG}-old; mkdir {_LOG}; {_RSYSLOG}",
        "maillog",
        mend=f"rmdir {_LOG}; mv {_LOG}-old {_LOG}; {_RSYSLOG}",
    ),
    "a log on a full disk": _log(
        f"systemctl stop rsyslog syslog.socket; "
        f"mkdir -p /srv/broken/small; mount -t tmpfs -o size=64k tmpfs /srv/broken/small; "
        f"tail -c 20000 {_LOG} >/srv/broken/small/maillog; "
        f"dd if=/dev/zero of=/srv/broken/small/big bs=4k status=none 2>/dev/null || :; "
        f"mount --bind /srv/broken/small/maillog {_LOG}; {_RSYSLOG}",
        "maillog|/var/log",
        "space|full|free",
        mend=f"systemctl stop rsyslog syslog.socket; umount -l {_LOG} || :; umount -l /srv/broken/small || :; {_RSYSLOG}",
    ),
    "a journal that is thrown away": _journal(
        "Storage=none\\nForwardToSyslog=yes", "journal", "Storage|none|kept|stored"
    ),
    "a journal that drops what is much": _journal(
        "RateLimitIntervalSec=1h\\nRateLimitBurst=5\\nForwardToSyslog=yes",
        "RateLimit|drop|suppress",
    ),
    "no log at all but one that ends with the power": _log(
        "systemctl stop rsyslog syslog.socket; systemctl -q disable rsyslog; "
        "mkdir -p /etc/systemd/journald.conf.d; "
        "printf '[Journal]\\nStorage=volatile\\n' >/etc/systemd/journald.conf.d/own.conf; "
        "systemctl restart systemd-journald",
        "journal|rsyslog",
        "volatile|persistent|rsyslog",
        mend=f"rm -rf /etc/systemd/journald.conf.d; systemctl -q enable rsyslog; {_JOURNALD}",
    ),
    "a login that sends from everywhere": _said(
        _lines(
            60,
            "postfix/submission/smtpd",
            "4A1B2C3D$i: client=unknown[198.51.100.$i], sasl_method=PLAIN, sasl_username=taro",
        )
        + "; "
        + _lines(
            60,
            "postfix/qmgr",
            "4A1B2C3D$i: from=<taro@zeke.ne.jp>, size=4211, nrcpt=50 (queue active)",
        ),
        "taro",
        "sasl|login|password|addresses|recipients",
        stops=None,
    ),
    "others refuse what this host sends": _said(
        _lines(
            80,
            "postfix/smtp",
            "5A1B2C3D$i: to=<u$i@receiver.example>, relay=mx.receiver.example[198.51.100.25]:25, delay=1, "
            "delays=0.1/0/0.5/0.4, dsn=5.7.1, status=bounced (host mx.receiver.example[198.51.100.25] said: "
            "550 5.7.1 Service unavailable; client [203.0.113.1] blocked using zen.spamhaus.org)",
        ),
        "550|bounced|blocked|refuse",
        "receiver\\.example|203\\.0\\.113\\.1",
    ),
    "a program that dies again and again": _said(
        _lines(
            40,
            "postfix/master",
            "warning: process /usr/libexec/postfix/smtpd pid 4$i killed by signal 11",
        )
        + "; "
        + _lines(
            40,
            "postfix/master",
            "warning: /usr/libexec/postfix/smtpd: bad command startup -- throttling",
        ),
        "smtpd",
        "signal|throttling",
    ),
    "mail loops back": _said(
        _lines(
            30,
            "postfix/smtp",
            "6A1B2C3D$i: to=<info@zeke.jp>, relay=none, delay=0.1, delays=0.1/0/0/0, dsn=5.4.6, status=bounced "
            "(mail for zeke.jp loops back to myself)",
        ),
        "loops back",
    ),
    "nobody reads the double bounces": _said(
        _lines(
            30,
            "postfix/local",
            "7A1B2C3D$i: to=<double-bounce@mail.zeke.ne.jp>, relay=local, delay=0.1, delays=0.1/0/0/0, "
            "dsn=2.0.0, status=sent (discarded)",
        ),
        "bounce",
    ),
    "a message of another owner in the queue": _waits(
        f"{_ONE_DEFERRED}; find {_SPOOL}/deferred -type f -exec chown root {{}} +",
        "deferred|queue",
        "\\bown",
        stops=True,
    ),
    "a queue that was copied with its names": _waits(
        f"{_ONE_DEFERRED}; one=$(find {_SPOOL}/deferred -type f); "
        f"cp -p $one {_SPOOL}/deferred/0ABC123; rm $one",
        "queue|deferred|0ABC123",
        "postsuper",
    ),
    "a message that is broken": _waits(
        f"cp {_LOG} /srv/broken/maillog; {_ONE_DEFERRED}; mv $(find {_SPOOL}/deferred -type f) {_SPOOL}/corrupt/",
        "corrupt",
        mend=f"find {_SPOOL}/corrupt -type f -delete",
        stops=False,
    ),
    "something that is no mail in maildrop": _waits(
        f"cp {_LOG} /srv/broken/maillog; echo x >{_SPOOL}/maildrop/notes.txt; chmod 700 {_SPOOL}/maildrop/notes.txt; "
        f"postkick public pickup W || :; sleep 0.5",
        "maildrop",
        mend=f"rm -f {_SPOOL}/maildrop/notes.txt",
        stops=False,
    ),
    "a queue of more than a thousand": _waits(
        f"cp {_LOG} /srv/broken/maillog\n{_MANY}",
        "queue|deferred|wait",
        "\\b1[45]\\d\\d\\b|messages|thousand",
    ),
    "a message that nobody fetches, of last week": _waits(
        f"{_ONE_DEFERRED}; find {_SPOOL}/deferred -type f -exec touch -d '6 days ago' {{}} +",
        "queue|deferred",
        "day|old|since",
        stops=False,
    ),
    "a queue manager that hangs": Way(
        "until pkill -STOP -x qmgr; do sleep 0.1; done",
        settle=NOTHING,
        mend=f"pkill -CONT -x qmgr || :; {RESTART}",
        cause=("qmgr|queue manager",),
        stops=True,
    ),
    "a queue without inodes": Way(
        f"systemctl stop postfix; cp -a {_SPOOL} /run/queue; "
        f"mount -t tmpfs -o nr_inodes=150,mode=755 tmpfs {_SPOOL}; cp -a /run/queue/. {_SPOOL}/; rm -r /run/queue; "
        f"{restart('dovecot')}; until [ -S {_SPOOL}/private/auth ]; do sleep 0.1; done; {RESTART}; "
        f"mkdir {_SPOOL}/old; i=0; while touch {_SPOOL}/old/x$i 2>/dev/null; do i=$((i+1)); done",
        settle=NOTHING,
        mend=f"systemctl stop postfix; umount -l {_SPOOL}; {restart('dovecot')}; "
        f"until [ -S {_SPOOL}/private/auth ]; do sleep 0.1; done",
        cause=(_SPOOL, "inode"),
        stops=True,
    ),
}
