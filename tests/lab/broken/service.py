"""The unit, the disk, and Dovecot behind its two sockets."""

from __future__ import annotations

from tests.lab.broken.way import NOTHING, RESTART, Way, restart

_PRIVATE = "/var/spool/postfix/private"
_DOVECOT = f"{restart('dovecot')}; until [ -S {_PRIVATE}/auth ]; do sleep 0.1; done"

WAYS = {
    "not enabled": Way(
        "systemctl -q disable postfix",
        {"unit.enabled": "enable"},
        settle=NOTHING,
        mend="systemctl -q enable postfix",
    ),
    "masked": Way(
        "systemctl -q disable postfix; systemctl -q mask postfix",
        {"unit.enabled": "unmask"},
        settle=NOTHING,
        mend="systemctl -q unmask postfix; systemctl -q enable postfix",
    ),
    "another server at boot": Way(
        "printf '[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n' "
        ">/etc/systemd/system/exim.service; systemctl -q enable exim",
        {},
        {"unit.rivals": "exim"},
        settle=NOTHING,
        mend="systemctl daemon-reload",
    ),
    "another server on 465": Way(
        "sed -i '/^smtps .*inet/s/^/#/; /^submissions .*inet/s/^/#/' /etc/postfix/master.cf; "
        f"{RESTART}; "
        "systemd-run -q --collect --unit=other python3 -c 'import socketserver as s; "
        # A connection that the check before had may be in TIME_WAIT still.
        's.TCPServer.allow_reuse_address = True; s.TCPServer(("", 465), s.BaseRequestHandler).serve_forever()\'; '
        "until ss -Hnlt sport = :465 | grep -q .; do sleep 0.1; done",
        {"port.465": "python3", "master.cf.465": "Uncomment"},
        settle=NOTHING,
        mend="systemctl stop other",
    ),
    "the auth socket is root's": Way(
        f"chown root:root {_PRIVATE}/auth; chmod 600 {_PRIVATE}/auth",
        {"socket.auth": "postfix"},
        mend=_DOVECOT,
        settle=NOTHING,
    ),
    "the auth socket is closed to its group": Way(
        f"chown root:postfix {_PRIVATE}/auth; chmod 600 {_PRIVATE}/auth",
        {"socket.auth": "postfix"},
        mend=_DOVECOT,
        settle=NOTHING,
    ),
    "the LMTP socket is root's": Way(
        f"chown root:root {_PRIVATE}/dovecot-lmtp; chmod 600 {_PRIVATE}/dovecot-lmtp",
        {"socket.lmtp": "postfix"},
        mend=_DOVECOT,
        settle=NOTHING,
    ),
    "Dovecot killed": Way(
        "systemctl kill -s KILL dovecot; systemctl reset-failed dovecot; sleep 0.3",
        {"delivery.lmtp": "dovecot"},
        mend=_DOVECOT,
        settle=NOTHING,
    ),
    "Dovecot does not start at boot": Way(
        "systemctl -q disable dovecot",
        {},
        {"unit.dovecot": "enable"},
        settle=NOTHING,
        mend="systemctl -q enable dovecot",
    ),
    "a full disk": Way(
        "systemctl stop postfix; cp -a /var/spool/postfix /run/queue; "
        "mount -t tmpfs -o size=6m tmpfs /var/spool/postfix; "
        f"cp -a /run/queue/. /var/spool/postfix/; rm -r /run/queue; {_DOVECOT}",
        {"queue.space": "free"},
        settle=RESTART,
        mend=f"systemctl stop postfix; umount -l /var/spool/postfix; {_DOVECOT}",
    ),
}
