"""Renewal: why tomorrow's certificate is not made, or is made and never served."""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.way import NOTHING, Way

_TOP = "/etc/letsencrypt"
_LIVE = f"{_TOP}/live/zeke.ne.jp"
_ARCHIVE = f"{_TOP}/archive/zeke.ne.jp"
_CONF = f"{_TOP}/renewal/zeke.ne.jp.conf"
_HOOK = f"{_TOP}/renewal-hooks/deploy/postfix-wizard"
_TIMER = "systemctl -q enable --now certbot-renew.timer"
_RELOAD = "systemctl daemon-reload"


def _later(script: str, *cause: str, mend: str = NOTHING, stops: Optional[bool] = False) -> Way:
    """Return a way that nobody feels before the certificate ends."""
    return Way(script, settle=NOTHING, mend=mend, cause=cause, stops=stops)


def _conf(edit: str, *cause: str, mend: str = NOTHING) -> Way:
    """Return a way that edits certbot's file of the lineage."""
    return _later(f"sed -i '{edit}' {_CONF}", *cause, mend=mend)


def _drop_in(unit: str, text: str, *cause: str, more: str = NOTHING) -> Way:
    place = f"/etc/systemd/system/{unit}.d"
    return _later(
        f"mkdir -p {place}; printf '{text}' >{place}/own.conf; {_RELOAD}; {more}",
        *cause,
        mend=f"{_RELOAD}; systemctl reset-failed {unit} 2>/dev/null || :; {_TIMER}",
    )


_WAIT_80 = "until ss -Hnlt sport = :80 | grep -q .; do sleep 0.1; done"

WAYS = {
    "the timer masked": _later(
        "systemctl -q disable --now certbot-renew.timer; systemctl -q mask certbot-renew.timer",
        "certbot-renew\\.timer",
        "mask",
        mend=f"{_RELOAD}; {_TIMER}",
    ),
    "the timer enabled and not started": _later(
        "systemctl stop certbot-renew.timer", "certbot-renew\\.timer", "start|--now", mend=_TIMER
    ),
    "the timer not enabled and started": _later(
        "systemctl -q disable certbot-renew.timer",
        "certbot-renew\\.timer",
        "enable|boot",
        mend=_TIMER,
    ),
    "the timer once a year": _drop_in(
        "certbot-renew.timer",
        "[Timer]\\nOnCalendar=\\nOnCalendar=yearly\\n",
        "certbot-renew\\.timer",
        "yearly|OnCalendar",
        more="systemctl restart certbot-renew.timer",
    ),
    "the service only tries": _drop_in(
        "certbot-renew.service",
        "[Service]\\nExecStart=\\nExecStart=/usr/bin/certbot renew --dry-run\\n",
        "certbot-renew\\.service",
        "dry-run",
    ),
    "the service of another certbot that is gone": _drop_in(
        "certbot-renew.service",
        "[Service]\\nExecStart=\\nExecStart=/opt/certbot/bin/certbot renew\\n",
        "/opt/certbot/bin/certbot",
    ),
    "the service without hooks": _drop_in(
        "certbot-renew.service",
        "[Service]\\nExecStart=\\nExecStart=/usr/bin/certbot renew -q --no-directory-hooks\\n",
        "certbot-renew\\.service|directory-hooks",
        "directory-hooks",
    ),
    "the service failed the last time": _drop_in(
        "certbot-renew.service",
        '[Service]\\nExecStart=\\nExecStart=/bin/sh -c "echo Failed to renew >&2; exit 1"\\n',
        "certbot-renew\\.service",
        "fail",
        more="systemctl start certbot-renew.service 2>/dev/null || :",
    ),
    "certbot that may not run": _later(
        "chmod 644 /usr/bin/certbot", "/usr/bin/certbot", mend="chmod 755 /usr/bin/certbot"
    ),
    "hooks switched off in cli.ini": _later(
        f"printf 'no-directory-hooks = True\\n' >>{_TOP}/cli.ini",
        "directory-hooks",
        "cli\\.ini",
    ),
    "cli.ini that certbot cannot read": _later(
        f"printf 'no-such-option = yes\\n' >>{_TOP}/cli.ini",
        "cli\\.ini",
    ),
    "a staging server in cli.ini": _later(
        f"printf 'staging = True\\n' >>{_TOP}/cli.ini", "cli\\.ini", "staging"
    ),
    "the hook in the directory of those before": _later(
        f"mkdir -p {_TOP}/renewal-hooks/pre; mv {_HOOK} {_TOP}/renewal-hooks/pre/",
        "hook|reload",
        "deploy|missing",
    ),
    "the hook by a name that certbot passes over": _later(
        f"mv {_HOOK} {_HOOK}~", "hook|reload", "deploy|missing"
    ),
    "the hook of a shell that is not there": _later(
        f"sed -i '1s|.*|#!/usr/bin/zsh|' {_HOOK}", "postfix-wizard|hook", "zsh|interpreter|run"
    ),
    "the hook that reloads nothing": _later(
        f"printf '#!/bin/sh\\nexit 0\\n' >{_HOOK}", "renewal-hooks/deploy|hook", "reload"
    ),
    "the hook that ends before the reload": _later(
        f"sed -i '1a[ \"$RENEWED_LINEAGE\" = {_TOP}/live/zeke.jp ] || exit 0' {_HOOK}",
        "renewal-hooks/deploy|hook",
    ),
    "a hook before it that never ends well": _later(
        f"mkdir -p {_TOP}/renewal-hooks/pre; "
        f"printf '#!/bin/sh\\nsystemctl stop httpd-of-old || exit 1\\n' >{_TOP}/renewal-hooks/pre/stop; "
        f"chmod 755 {_TOP}/renewal-hooks/pre/stop",
        "renewal-hooks/pre/stop",
        stops=None,
    ),
    "live leads to an older certificate": _later(
        f"for one in cert chain fullchain privkey; do cp -p {_ARCHIVE}/${{one}}1.pem "
        f"{_ARCHIVE}/${{one}}2.pem; done",
        "archive|fullchain2|newest|newer",
        "live|zeke\\.ne\\.jp",
    ),
    "live with links of two ages": _later(
        f"for one in cert chain fullchain privkey; do cp -p {_ARCHIVE}/${{one}}1.pem "
        f"{_ARCHIVE}/${{one}}2.pem; done; "
        f"ln -sfn ../../archive/zeke.ne.jp/privkey2.pem {_LIVE}/privkey.pem",
        "privkey2|privkey\\.pem|archive",
    ),
    "live with files in place of links": _later(
        f"for one in cert chain fullchain privkey; do cp --remove-destination -p "
        f"{_ARCHIVE}/${{one}}1.pem {_LIVE}/$one.pem; done",
        "live/zeke\\.ne\\.jp",
        "link",
    ),
    "certbot's file of the lineage is gone": _later(f"rm {_CONF}", "renewal/zeke\\.ne\\.jp\\.conf"),
    "certbot's file of the lineage is empty": _later(
        f": >{_CONF}", "renewal/zeke\\.ne\\.jp\\.conf"
    ),
    "certbot's file by another name": _later(f"mv {_CONF} {_CONF}.bak", "zeke\\.ne\\.jp\\.conf"),
    "the archive of another lineage": _conf(
        f"s|^archive_dir = .*|archive_dir = {_TOP}/archive/old|", "archive_dir|archive/old"
    ),
    "a second lineage is renewed": _later(
        f"cp -a {_ARCHIVE} {_ARCHIVE}-0001; mkdir {_LIVE}-0001; "
        f"for one in cert chain fullchain privkey; do ln -s ../../archive/zeke.ne.jp-0001/${{one}}1.pem "
        f"{_LIVE}-0001/$one.pem; done; "
        f"sed 's|/zeke.ne.jp|/zeke.ne.jp-0001|' {_CONF} >{_TOP}/renewal/zeke.ne.jp-0001.conf; rm {_CONF}",
        "0001|renewal/zeke\\.ne\\.jp\\.conf",
    ),
    "renewal by hand": _conf(
        "s|^authenticator = .*|authenticator = manual\\npref_challs = dns-01,|",
        "manual",
    ),
    "renewal by a plugin that is not there": _conf(
        "s|^authenticator = .*|authenticator = dns-cloudflare|", "dns-cloudflare"
    ),
    "renewal from the server for trials": _conf(
        "s|acme-v02|acme-staging-v02|", "staging", "zeke\\.ne\\.jp"
    ),
    "renewal switched off": _conf(
        "s|^\\[renewalparams\\]|&\\nautorenew = False|", "autorenew", "zeke\\.ne\\.jp"
    ),
    "renewal on the last day": _conf(
        "s|^# renew_before_expiry.*|renew_before_expiry = 1 days|", "renew_before_expiry"
    ),
    "renewal into a directory of the web that is gone": _conf(
        "s|^authenticator = .*|authenticator = webroot\\nwebroot_path = /var/www/old,|",
        "/var/www/old",
    ),
    "renewal through a closed port 80": _later(
        "firewall-cmd -q --permanent --zone=public --remove-service=http; firewall-cmd -q --reload",
        "\\b80\\b|http",
        mend="firewall-cmd -q --reload",
    ),
    "renewal through a port that a web server has": _later(
        "systemd-run -q --collect --unit=web python3 -c 'import socketserver as s; "
        's.TCPServer.allow_reuse_address = True; s.TCPServer(("", 80), s.BaseRequestHandler).serve_forever()\'; '
        + _WAIT_80,
        "\\b80\\b",
        mend="systemctl stop web",
    ),
    "a web server that takes port 80 at boot": _later(
        "printf '[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n' "
        ">/etc/systemd/system/httpd.service; systemctl -q enable httpd",
        "httpd",
        mend=_RELOAD,
        stops=None,
    ),
}
