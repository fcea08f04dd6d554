"""Certificates, ciphers and renewal as others set them up, and right."""

from __future__ import annotations

from tests.lab.broken.way import Way, line

_LE = "/etc/letsencrypt"
_LIVE = f"{_LE}/live/zeke.ne.jp"
_OFF = "systemctl -q disable --now certbot-renew.timer"
_ON = "systemctl -q enable --now certbot-renew.timer"

UNUSUAL = {
    "certbot by a timer of another name": Way(
        f"{_OFF}\nprintf '#!/bin/sh\\ncertbot renew -q\\n' >/usr/local/sbin/renew-all\n"
        "chmod 755 /usr/local/sbin/renew-all\n"
        "printf '[Timer]\\nOnCalendar=daily\\n[Install]\\nWantedBy=timers.target\\n' >/etc/systemd/system/all.timer\n"
        "printf '[Service]\\nType=oneshot\\nExecStart=/usr/local/sbin/renew-all\\n' "
        ">/etc/systemd/system/all.service\n"
        "systemctl daemon-reload; systemctl -q enable --now all.timer",
        mend=f"systemctl stop all.timer 2>/dev/null || :; rm -f /usr/local/sbin/renew-all; systemctl daemon-reload; {_ON}",
    ),
    "certbot by cron": Way(
        f"{_OFF}\nmkdir -p /etc/cron.d; echo '0 0,12 * * * root certbot renew -q' >/etc/cron.d/certbot",
        mend=f"rm -f /etc/cron.d/certbot; {_ON}",
    ),
    "certbot in /opt": Way(
        "mkdir -p /opt/certbot/bin; mv /usr/bin/certbot /opt/certbot/bin/certbot",
        mend="[ -e /usr/bin/certbot ] || mv /opt/certbot/bin/certbot /usr/bin/certbot",
    ),
    "a reload in the renewal file": Way(
        f"rm {_LE}/renewal-hooks/deploy/postfix-wizard\n"
        f"sed -i '/^\\[renewalparams/a renew_hook = systemctl reload postfix' {_LE}/renewal/zeke.ne.jp.conf"
    ),
    "chain files": Way(
        f"cat {_LIVE}/privkey.pem {_LIVE}/fullchain.pem >/etc/postfix/both.pem; "
        "chmod 600 /etc/postfix/both.pem\n" + line("smtpd_tls_chain_files = /etc/postfix/both.pem")
    ),
    "no ciphers without authentication": Way(line("smtpd_tls_exclude_ciphers = aNULL")),
    "the server's own order of ciphers": Way(line("tls_preempt_cipherlist = yes")),
    "TLS 1.3 alone for users": Way(
        "for entry in submission smtps; do postconf -P "
        '"$entry/inet/smtpd_tls_mandatory_protocols=!SSLv2,!SSLv3,!TLSv1,!TLSv1.1,!TLSv1.2"; done'
    ),
    "notices of each refusal": Way(line("notify_classes = resource, software, policy, protocol")),
}
