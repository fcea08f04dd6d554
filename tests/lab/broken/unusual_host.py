"""Hosts that are odd around Postfix and right: other clients, other firewalls, other homes."""

from __future__ import annotations

from tests.lab.broken.issue import DISTRUST, MADE_BY, issue
from tests.lab.broken.way import NOTHING, RELOAD, RESTART, Way, line, restart

_LIVE = "/etc/letsencrypt/live/zeke.ne.jp"
_ARCHIVE = "/etc/letsencrypt/archive/zeke.ne.jp"
_CONF = "/etc/letsencrypt/renewal/zeke.ne.jp.conf"
_UNITS = "/etc/systemd/system"
_PRIVATE = "/var/spool/postfix/private"
_DOVECOT = "/etc/dovecot/dovecot.conf"
_NAMED = restart("named")
_TIMER = "systemctl -q enable --now certbot-renew.timer"
_START = (
    f"systemctl stop dovecot; {restart('dovecot')}; "
    f"until [ -S {_PRIVATE}/auth ] && [ -S {_PRIVATE}/dovecot-lmtp ]; do sleep 0.1; done"
)
_TYPE = "$(postconf -h default_database_type)"


def _zone(*rows: str, edit: str = NOTHING, file: str = "zeke.ne.jp.zone") -> Way:
    text = "\n".join(rows)
    return Way(
        f"cd /var/named; {edit}\ncat >>{file} <<'END'\n{text}\nEND\n{_NAMED}",
        settle=NOTHING,
        mend=_NAMED,
    )


def _dovecot(old: str, new: str, before: str = NOTHING, after: str = NOTHING) -> Way:
    """Return a way that adds lines to dovecot.conf, of 2.3 or of 2.4."""
    return Way(
        f"{before}\nif grep -q ^dovecot_config_version {_DOVECOT}; then\n"
        f"cat >>{_DOVECOT} <<'END'\n{new}\nEND\nelse\ncat >>{_DOVECOT} <<'END'\n{old}\nEND\nfi\n{_START}",
        settle=NOTHING,
        mend=f"{after}; {_START}",
    )


def _here(script: str, mend: str = NOTHING) -> Way:
    return Way(script, settle=NOTHING, mend=mend)


_OWN_NFT = """
systemctl -q disable --now firewalld
nft -f - <<'END'
table inet filter {
    set mail { type inet_service; elements = { 25, 465, 587 }; }
    chain input {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        iif lo accept
        ip saddr 192.168.1.0/24 accept
        tcp dport { 22, 53, 80 } accept
        udp dport 53 accept
        tcp dport @mail ct state new accept
    }
}
END"""
_HOME = "/home/taro"

UNUSUAL = {
    "renewed by cron": _here(
        "systemctl -q disable --now certbot-renew.timer; mkdir -p /etc/cron.d; "
        "printf '17 3 * * * root /usr/bin/certbot renew -q\\n' >/etc/cron.d/certbot",
        mend=f"rm -f /etc/cron.d/certbot; {_TIMER}",
    ),
    "certbot of pip": _here(
        "mkdir -p /opt/certbot/bin; mv /usr/bin/certbot /opt/certbot/bin/; "
        f"mkdir -p {_UNITS}/certbot-renew.service.d; "
        "printf '[Service]\\nExecStart=\\nExecStart=/opt/certbot/bin/certbot renew -q\\n' "
        f">{_UNITS}/certbot-renew.service.d/own.conf; systemctl daemon-reload",
        mend="mv /opt/certbot/bin/certbot /usr/bin/; rm -r /opt/certbot; systemctl daemon-reload",
    ),
    "another ACME client": Way(
        f"{issue()}; cp --remove-destination {MADE_BY}/fullchain.pem {_LIVE}/fullchain.pem; "
        f"cp --remove-destination {MADE_BY}/leaf.key {_LIVE}/privkey.pem; chmod 600 {_LIVE}/privkey.pem; "
        f"rm -rf {_CONF} {_ARCHIVE} {_LIVE}/cert.pem {_LIVE}/chain.pem; "
        "systemctl -q disable --now certbot-renew.timer; "
        "mkdir -p /root/.acme.sh; printf '#!/bin/sh\\n' >/root/.acme.sh/acme.sh; "
        "chmod 755 /root/.acme.sh/acme.sh; printf '[Service]\\nType=oneshot\\n"
        f"ExecStart=/root/.acme.sh/acme.sh --cron\\n' >{_UNITS}/acme.service; "
        f"printf '[Timer]\\nOnCalendar=daily\\n[Install]\\nWantedBy=timers.target\\n' >{_UNITS}/acme.timer; "
        "systemctl daemon-reload; systemctl -q enable --now acme.timer",
        mend="systemctl stop acme.timer || :; systemctl daemon-reload; rm -rf /root/.acme.sh; "
        f"{_TIMER}; {DISTRUST}",
    ),
    "certificates of RSA and of ECDSA": Way(
        f"{issue('key=ec')}\n"
        + line(f"smtpd_tls_eccert_file = {MADE_BY}/fullchain.pem")
        + "\n"
        + line(f"smtpd_tls_eckey_file = {MADE_BY}/leaf.key"),
        mend=DISTRUST,
    ),
    "certificates of RSA and of ECDSA in chain files": Way(
        f"{issue('key=ec')}\n"
        f"cat {MADE_BY}/leaf.key {MADE_BY}/fullchain.pem >/etc/postfix/ec.pem; "
        f"cat {_LIVE}/privkey.pem {_LIVE}/fullchain.pem >/etc/postfix/rsa.pem; "
        "chmod 600 /etc/postfix/ec.pem /etc/postfix/rsa.pem\n"
        + line("smtpd_tls_chain_files = /etc/postfix/ec.pem, /etc/postfix/rsa.pem"),
        mend=DISTRUST,
    ),
    "one file of key and chain": Way(
        f"cat {_LIVE}/privkey.pem {_LIVE}/fullchain.pem >/etc/postfix/pair.pem; chmod 600 /etc/postfix/pair.pem\n"
        + line("smtpd_tls_chain_files = /etc/postfix/pair.pem")
    ),
    "a chain with the root and one more": Way(
        f"cat /srv/lab-ca.pem /srv/broken/own.pem >>{_ARCHIVE}/fullchain1.pem"
    ),
    "comments in the file of the certificate": Way(
        f"sed -i '1iSubject: CN = zeke.ne.jp\\nIssuer: CN = Lab R3\\n' {_ARCHIVE}/fullchain1.pem"
    ),
    "certificates by the name that is asked for": Way(
        f"printf 'mail.zeke.ne.jp {_LIVE}/privkey.pem {_LIVE}/fullchain.pem\\n' >/etc/postfix/sni; "
        f"postmap -F {_TYPE}:/etc/postfix/sni\n"
        + line("tls_server_sni_maps = $default_database_type:/etc/postfix/sni")
    ),
    "no TLS of old": Way(
        line("smtpd_tls_mandatory_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1")
        + "\n"
        + line("smtpd_tls_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1")
    ),
    "a key that a group of nobody may read": Way(
        f"groupadd -f certs; chgrp certs {_ARCHIVE}/privkey1.pem; chmod 640 {_ARCHIVE}/privkey1.pem",
        mend="groupdel certs",
    ),
    "renewed through a web server": _here(
        "mkdir -p /var/www/html; "
        f"sed -i 's|^authenticator = .*|authenticator = webroot\\nwebroot_path = /var/www/html,|' {_CONF}; "
        "systemd-run -q --collect --unit=web python3 -m http.server -d /var/www/html 80; "
        "until ss -Hnlt sport = :80 | grep -q .; do sleep 0.1; done",
        mend="systemctl stop web; rm -r /var/www/html",
    ),
    "an older certificate in the archive": _here(
        f"for one in cert chain fullchain privkey; do mv {_ARCHIVE}/${{one}}1.pem {_ARCHIVE}/${{one}}9.pem; "
        f"cp -p {_ARCHIVE}/${{one}}9.pem {_ARCHIVE}/${{one}}8.pem; "
        f"ln -sfn ../../archive/zeke.ne.jp/${{one}}9.pem {_LIVE}/$one.pem; done; {RESTART}"
    ),
    "networks from a file": Way(
        "printf '192.168.1.0/24\\n127.0.0.0/8\\n' >/etc/postfix/networks; "
        "sed -i 's|^mynetworks = .*|mynetworks = /etc/postfix/networks|' /etc/postfix/main.cf"
    ),
    "root's mail by a list": Way(
        "echo taro >/etc/postfix/roots; sed -i 's|^root:.*|root: :include:/etc/postfix/roots|' "
        "/etc/aliases; newaliases",
        settle=RELOAD,
    ),
    "root's mail over three names": Way(
        "sed -i 's|^root:.*|root: admins|' /etc/aliases; "
        "printf 'admins: on-call, \\\\taro\\non-call: Taro\\n' >>/etc/aliases; newaliases",
        settle=RELOAD,
    ),
    "a program behind an alias": Way(
        "printf '#!/bin/sh\\ncat >/dev/null\\n' >/usr/local/bin/ticket; chmod 755 /usr/local/bin/ticket; "
        "printf 'help: \"|/usr/local/bin/ticket --queue=mail\"\\n' >>/etc/aliases; newaliases",
        settle=RELOAD,
        mend="rm -f /usr/local/bin/ticket",
    ),
    "aliases behind a link": Way(
        "mv /etc/aliases /etc/postfix/aliases; ln -s postfix/aliases /etc/aliases; newaliases",
        settle=RELOAD,
    ),
    "no rsyslog, a journal that stays": _here(
        "systemctl -q disable rsyslog; systemctl stop rsyslog syslog.socket; "
        "mkdir -p /etc/systemd/journald.conf.d /var/log/journal; "
        "printf '[Journal]\\nStorage=persistent\\n' >/etc/systemd/journald.conf.d/own.conf; "
        "systemctl restart systemd-journald",
        mend="rm -r /etc/systemd/journald.conf.d; systemctl restart systemd-journald; "
        f"systemctl -q enable rsyslog; {restart('rsyslog')}",
    ),
    "a log that was rotated a moment ago": _here(
        "cp /var/log/maillog /srv/broken/maillog; mv /var/log/maillog /var/log/maillog-20260101; "
        + restart("rsyslog"),
        mend="rm -f /var/log/maillog-20260101; cat /srv/broken/maillog >/var/log/maillog",
    ),
    "nftables in place of firewalld": _here(
        _OWN_NFT, mend="nft delete table inet filter; systemctl -q enable --now firewalld"
    ),
    "nft drops what is not mail": _here(
        "nft -f - <<'END'\nadd table inet mine\n"
        "add chain inet mine entry { type filter hook input priority -10; }\n"
        "add rule inet mine entry tcp dport { 23, 135-139, 445, 3306 } drop\n"
        "add rule inet mine entry udp dport 25 drop\n"
        "add rule inet mine entry ip saddr 198.51.100.0/24 tcp dport 25 drop\n"
        "add chain inet mine leaving { type filter hook output priority 0; }\n"
        "add rule inet mine leaving meta skuid named tcp dport 25 reject\n"
        "add rule inet mine leaving tcp dport 6667 drop\nEND",
        mend="nft delete table inet mine",
    ),
    "nft counts and logs mail": _here(
        "nft -f - <<'END'\nadd table inet mine\nadd counter inet mine mails\nadd chain inet mine seen\n"
        "add rule inet mine seen counter name mails return\n"
        "add chain inet mine entry { type filter hook input priority -10; }\n"
        "add rule inet mine entry tcp dport { 25, 465, 587 } jump seen\n"
        "add rule inet mine entry tcp dport 25 ct state new limit rate over 5000/second drop\nEND",
        mend="nft delete table inet mine",
    ),
    "ports by number in the zone": _here(
        "for one in smtp smtps smtp-submission; do firewall-cmd -q --permanent --zone=public --remove-service=$one; done; "
        "firewall-cmd -q --permanent --zone=public --add-port=25/tcp; "
        "firewall-cmd -q --permanent --zone=public --add-port=400-600/tcp; firewall-cmd -q --reload",
        mend="firewall-cmd -q --reload",
    ),
    "a service of another name, and a rich rule": _here(
        "for one in smtp smtps smtp-submission; do firewall-cmd -q --permanent --zone=public --remove-service=$one; done; "
        "firewall-cmd -q --permanent --new-service=our-mail; "
        "for port in 25 587; do firewall-cmd -q --permanent --service=our-mail --add-port=$port/tcp; done; "
        "firewall-cmd -q --permanent --zone=public --add-service=our-mail; "
        "firewall-cmd -q --permanent --zone=public --add-rich-rule='rule service name=smtps accept'; "
        "firewall-cmd -q --reload",
        mend="firewall-cmd -q --reload",
    ),
    "rich rules against one network": _here(
        "firewall-cmd -q --permanent --zone=public --add-rich-rule='rule family=ipv4 "
        "source address=198.51.100.0/24 service name=smtp drop'; firewall-cmd -q --permanent --zone=public "
        "--add-rich-rule='rule service name=ssh log prefix=ssh limit value=3/m accept'; firewall-cmd -q --reload",
        mend="firewall-cmd -q --reload",
    ),
    "no route to one network": _here(
        "ip route add blackhole 198.51.100.0/24", mend="ip route del blackhole 198.51.100.0/24"
    ),
    "no IPv6 in the zone": _zone(edit="sed -i '/AAAA/d' zeke.ne.jp.zone"),
    "SPF through others": _zone(
        '@ IN TXT "v=spf1 redirect=_spf.zeke.ne.jp"',
        '_spf IN TXT "v=spf1 include:_ours.zeke.ne.jp" " ip4:198.51.100.0/28 ~all"',
        '_ours IN TXT "V=SPF1 IP4:203.0.113.0/28 a:mail.zeke.ne.jp -ALL"',
        '@ IN TXT "google-site-verification=x"',
    ),
    "several MX, ours the lowest": _zone(
        "@ IN MX 20 mail.stranger.example.", "@ IN MX 30 spam.stranger.example."
    ),
    "several pointers": _zone(
        "1 IN PTR ace.zeke.ne.jp.", "1 IN PTR zeke.ne.jp.", file="113.0.203.in-addr.arpa.zone"
    ),
    "DMARC with blanks": _zone(
        '_dmarc IN TXT "v=DMARC1;p = none ;  sp=none;" " rua = mailto:root@zeke.ne.jp!10m ; fo=1"',
        '_dmarc IN TXT "unrelated"',
    ),
    "a resolv.conf behind a link": _here(
        "printf '# by hand\\noptions edns0 trust-ad timeout:2\\nsearch zeke.ne.jp ne.jp\\nnameserver 127.0.0.1\\n"
        "nameserver 192.168.1.1\\n' >/run/resolv.conf; ln -sfn /run/resolv.conf /etc/resolv.conf",
        mend="rm -f /run/resolv.conf",
    ),
    "the host in its own hosts file": _here(
        "printf '192.168.1.1 ace.zeke.ne.jp ace\\n203.0.113.1 mail.zeke.ne.jp mail # outside\\n' >>/etc/hosts"
    ),
    "Dovecot with one user for all files": _dovecot(
        "userdb {\n  driver = static\n  args = uid=taro gid=taro home=/home/%n\n}",
        "userdb static {\n  fields {\n    uid = taro\n    gid = taro\n    home = /home/%{user | username}\n  }\n}",
        before=f"sed -i '/^userdb/,/^}}/d' {_DOVECOT}",
    ),
    "Dovecot with more listeners than it needs": _dovecot(
        "service auth {\n  unix_listener auth-more {\n    mode = 0600\n  }\n}\n"
        "service lmtp {\n  inet_listener lmtp {\n    address = 127.0.0.1\n    port = 24\n  }\n}",
        "service auth {\n  unix_listener auth-more {\n    mode = 0600\n  }\n}\n"
        "service lmtp {\n  inet_listener lmtp {\n    listen = 127.0.0.1\n    port = 24\n  }\n}",
    ),
    "Dovecot with room enough": _dovecot(
        "mail_plugins = quota\nplugin {\n  quota = maildir:User quota\n  quota_rule = *:storage=10G\n}",
        'mail_plugins {\n  quota = yes\n}\nquota "User quota" {\n  driver = maildir\n  storage_size = 10G\n}',
    ),
    "Dovecot for loopback and the LAN": _dovecot(
        "listen = 127.0.0.1, 192.168.1.1\nlogin_trusted_networks = 127.0.0.1/32",
        "listen = 127.0.0.1, 192.168.1.1\nlogin_trusted_networks = 127.0.0.1/32",
    ),
    "a home behind a link": _here(
        f"mkdir -p /srv/homes; mv {_HOME} /srv/homes/taro; ln -s /srv/homes/taro {_HOME}",
        mend=f"rm {_HOME}; mv /srv/homes/taro {_HOME}",
    ),
    "a home without a shell": _here(
        "usermod -s /sbin/nologin taro", mend="usermod -s /bin/bash taro"
    ),
    "a home closed to others": _here(f"chmod 700 {_HOME}", mend=f"chmod 755 {_HOME}"),
    "a .forward with a copy": _here(
        f"printf '\\\\taro, taro@stranger.example\\n' >{_HOME}/.forward; chown taro: {_HOME}/.forward",
        mend=f"rm -f {_HOME}/.forward",
    ),
    "a drop-in that confines without harm": Way(
        f"mkdir -p {_UNITS}/postfix.service.d; printf '[Service]\\nProtectSystem=strict\\n"
        "ReadWritePaths=/var/spool/postfix /var/lib/postfix /home /etc /var/lib/misc\\nLimitNOFILE=65536\\nRestart=on-failure\\n' "
        f">{_UNITS}/postfix.service.d/own.conf; systemctl daemon-reload",
        mend="systemctl daemon-reload",
    ),
    "a queue on its own mount": Way(
        "systemctl stop postfix; cp -a /var/spool/postfix /srv/queue; mount --bind /srv/queue /var/spool/postfix; "
        + _START,
        mend=f"systemctl stop postfix; umount -l /var/spool/postfix; rm -rf /srv/queue; {_START}",
    ),
    "passwords for a relay that only root reads": Way(
        "cd /etc/postfix; (umask 077; echo '[relay.stranger.example]:587 taro:himitsu' >sasl_passwd; "
        f"postmap {_TYPE}:/etc/postfix/sasl_passwd)\n"
        + line("smtp_sasl_password_maps = $default_database_type:/etc/postfix/sasl_passwd")
    ),
}
