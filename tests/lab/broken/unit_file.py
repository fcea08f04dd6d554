"""systemd: what a drop-in takes from postfix.service, which files start it, and who is first at boot."""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.way import NOTHING, RESTART, Way, restart

_UNITS = "/etc/systemd/system"
_PLACE = f"{_UNITS}/postfix.service.d"
_AGAIN = "systemctl daemon-reload"
_OTHER = "/etc/postfix-test"
_COPY = (
    f"cp -a /etc/postfix {_OTHER}; "
    f"sed -i 's/^inet_interfaces = .*/inet_interfaces = loopback-only/' {_OTHER}/main.cf"
)


def _drop_in(
    text: str,
    *cause: str,
    stops: Optional[bool] = True,
    settle: str = RESTART,
    before: str = NOTHING,
    mend: str = NOTHING,
) -> Way:
    """Return a way that gives postfix.service a drop-in (systemd.unit(5))."""
    return Way(
        f"{before}; mkdir -p {_PLACE}; cat >{_PLACE}/own.conf <<'END'\n{text}\nEND\n{_AGAIN}",
        settle=settle,
        # The files are back already; what runs still has the limit until the restart.
        mend=f"{_AGAIN}; {mend}; {RESTART}",
        cause=cause,
        stops=stops,
    )


def _service(text: str, *cause: str, stops: Optional[bool] = True) -> Way:
    return _drop_in(f"[Service]\n{text}", *cause, stops=stops)


def _boot(script: str, *cause: str, stops: Optional[bool] = None, mend: str = NOTHING) -> Way:
    """Return a way that is felt at the next boot alone."""
    return Way(
        f"{script}; {_AGAIN}", settle=NOTHING, mend=f"{mend}; {_AGAIN}", cause=cause, stops=stops
    )


WAYS = {
    "a network of its own": _service("PrivateNetwork=yes", "PrivateNetwork"),
    "certificates out of its sight": _service(
        "InaccessiblePaths=/etc/letsencrypt", "InaccessiblePaths|/etc/letsencrypt"
    ),
    "homes out of its sight": _service("ProtectHome=yes", "ProtectHome", stops=None),
    "the bounces' directory not to be written": _service(
        "ReadOnlyPaths=/var/spool/postfix/defer /var/spool/postfix/deferred", "ReadOnlyPaths"
    ),
    "files of one megabyte at most": _service("LimitFSIZE=1M", "LimitFSIZE"),
    # A host of the lab has neither the controllers nor the BPF for the next three: not felt there.
    "no packets of strangers": _service(
        "IPAddressDeny=any\nIPAddressAllow=localhost 192.168.1.0/24", "IPAddressDeny", stops=None
    ),
    "few processes": _service("TasksMax=6", "TasksMax", stops=None),
    "little memory": _service("MemoryMax=6M\nMemorySwapMax=0", "MemoryMax", stops=None),
    "no names": _service(
        "InaccessiblePaths=/etc/resolv.conf", "InaccessiblePaths|resolv\\.conf", stops=None
    ),
    "ended each hour": _service("RuntimeMaxSec=1h", "RuntimeMaxSec", stops=False),
    "not more than it needs for nobody": _service(
        "NoNewPrivileges=yes", "NoNewPrivileges", stops=None
    ),
    "another configuration by its command": Way(
        f"{_COPY}; mkdir -p {_PLACE}; printf '[Service]\\nExecStart=\\nExecStart=/usr/sbin/postfix -c {_OTHER} start\\n' "
        f">{_PLACE}/own.conf; postconf -e 'alternate_config_directories = {_OTHER}'; {_AGAIN}",
        mend=f"rm -rf {_OTHER}; {_AGAIN}",
        cause=(f"{_OTHER}|ExecStart",),
        stops=True,
    ),
    "another configuration by its environment": Way(
        f"{_COPY}; printf 'MAIL_CONFIG={_OTHER}\\n' >>/etc/sysconfig/network",
        mend=f"rm -rf {_OTHER}; sed -i '/MAIL_CONFIG/d' /etc/sysconfig/network",
        cause=(f"MAIL_CONFIG|{_OTHER}",),
        stops=True,
    ),
    "a copy of the unit of old": _boot(
        f"sed 's/^After=.*//; s/^Conflicts=.*//; s/^PrivateTmp=.*//' /usr/lib/systemd/system/postfix.service "
        f">{_UNITS}/postfix.service",
        f"{_UNITS}/postfix\\.service",
        stops=False,
    ),
    "a condition that the next start does not meet": _drop_in(
        "[Unit]\nConditionPathExists=/etc/postfix/ready",
        "Condition|/etc/postfix/ready",
        stops=None,
        settle=NOTHING,
    ),
    "a start that fails the next time": _drop_in(
        "[Service]\nExecStartPre=/usr/local/sbin/check-mail",
        "/usr/local/sbin/check-mail|ExecStartPre",
        stops=None,
        settle=NOTHING,
    ),
    "a drop-in that systemd has not read": Way(
        f"mkdir -p {_PLACE}; printf '[Service]\\nPrivateNetwork=yes\\n' >{_PLACE}/own.conf",
        settle=NOTHING,
        mend=_AGAIN,
        cause=("daemon-reload|PrivateNetwork",),
    ),
    "enabled for a target that is not reached": _boot(
        f"systemctl -q set-default multi-user.target; mkdir -p {_UNITS}/graphical.target.wants; "
        f"mv {_UNITS}/multi-user.target.wants/postfix.service {_UNITS}/graphical.target.wants/",
        "graphical\\.target|multi-user|enable|boot",
        "postfix",
    ),
    "a host that boots for rescue": _boot(
        "systemctl -q set-default rescue.target", "default|rescue\\.target"
    ),
    "another server's socket on 25 at boot": _boot(
        f"printf '[Socket]\\nListenStream=25\\nAccept=yes\\n[Install]\\nWantedBy=sockets.target\\n' >{_UNITS}/old-mail.socket; "
        f"printf '[Service]\\nExecStart=-/bin/cat\\nStandardInput=socket\\n' >{_UNITS}/old-mail@.service; "
        f"{_AGAIN}; systemctl -q enable old-mail.socket",
        "old-mail\\.socket",
    ),
    "Dovecot masked for the next boot": _boot(
        f"ln -s /dev/null {_UNITS}/dovecot.service", "dovecot", "mask"
    ),
    "a timer that stops it": _boot(
        f"printf '[Service]\\nType=oneshot\\nExecStart=/bin/systemctl stop postfix\\n' >{_UNITS}/night.service; "
        f"printf '[Timer]\\nOnCalendar=03:00\\n[Install]\\nWantedBy=timers.target\\n' >{_UNITS}/night.timer; "
        f"{_AGAIN}; systemctl -q enable --now night.timer",
        "night\\.(timer|service)",
        mend="systemctl stop night.timer 2>/dev/null || :",
    ),
    "it falls with the web server": _drop_in(
        "[Unit]\nConflicts=httpd.service",
        "Conflicts|httpd",
        stops=None,
        settle=NOTHING,
    ),
    "a log that nobody writes": Way(
        "systemctl stop syslog.socket rsyslog",
        settle=NOTHING,
        mend=restart("rsyslog"),
        cause=("rsyslog|maillog",),
        stops=False,
    ),
    "a log that nobody writes after the next boot": _boot(
        "systemctl -q disable rsyslog",
        "rsyslog",
        "enable|boot",
        mend="systemctl -q enable rsyslog",
        stops=False,
    ),
}
