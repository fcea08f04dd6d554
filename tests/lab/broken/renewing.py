"""Renewal: certbot's files, what runs it, and what has Postfix reload afterwards."""

from __future__ import annotations

from tests.lab.broken.way import Way, swap

_LE = "/etc/letsencrypt"
_LIVE, _ARCHIVE = f"{_LE}/live/zeke.ne.jp", f"{_LE}/archive/zeke.ne.jp"
_CONF, _HOOK = f"{_LE}/renewal/zeke.ne.jp.conf", f"{_LE}/renewal-hooks/deploy/postfix-wizard"
_OFF = "systemctl -q disable --now certbot-renew.timer"
_ON = "systemctl daemon-reload; systemctl -q enable --now certbot-renew.timer"
_UNIT = "/etc/systemd/system/certbot-renew.service.d"


def _runs(command: str) -> str:
    """Have certbot's unit run something else."""
    return (
        f"mkdir -p {_UNIT}; printf '[Service]\\nExecStart=\\nExecStart={command}\\n' >{_UNIT}/x.conf; "
        "systemctl daemon-reload"
    )


def _says(option: str) -> str:
    """Put an option into the lineage's renewal file."""
    return f"sed -i '/^\\[renewalparams/a {option}' {_CONF}"


WAYS = {
    # C13: live/ against archive/.
    "files in place of certbot's links": Way(
        f"for f in {_LIVE}/*.pem; do c=$(readlink -f $f); rm $f; cp -p $c $f; done",
        {},
        {"certificate.links": "ln -sf"},
    ),
    "one file in place of a link": Way(
        f"c=$(readlink -f {_LIVE}/fullchain.pem); rm {_LIVE}/fullchain.pem; "
        f"cp -p $c {_LIVE}/fullchain.pem",
        {},
        {"certificate.links": "fullchain"},
    ),
    "links to older files": Way(
        f"for p in cert chain fullchain privkey; do cp -p {_ARCHIVE}/${{p}}1.pem {_ARCHIVE}/${{p}}12.pem; done",
        {},
        {"certificate.links": "cert12.pem"},
    ),
    "links of different numbers": Way(
        f"cp -p {_ARCHIVE}/cert1.pem {_ARCHIVE}/cert2.pem; "
        f"ln -sfn ../../archive/zeke.ne.jp/cert2.pem {_LIVE}/cert.pem",
        {},
        {"certificate.links": "same number"},
    ),
    "a link into another lineage": Way(
        f"ln -sfn ../../archive/zeke.jp/chain1.pem {_LIVE}/chain.pem",
        {},
        {"certificate.links": "chain"},
    ),
    "a numbered file in main.cf": Way(
        swap("live/zeke.ne.jp/fullchain.pem", "archive/zeke.ne.jp/fullchain1.pem")
        + "\n"
        + swap("live/zeke.ne.jp/privkey.pem", "archive/zeke.ne.jp/privkey1.pem"),
        {},
        {"certificate.renewal": f"Name {_LIVE}/fullchain.pem"},
    ),
    # C27: what decides whether the hook runs.
    "no hooks, says cli.ini": Way(
        f"echo 'no-directory-hooks = true' >>{_LE}/cli.ini", {}, {"certificate.hook": "cli.ini"}
    ),
    "no hooks, says another spelling": Way(
        f"echo 'no-directory-hooks' >>{_LE}/cli.ini", {}, {"certificate.hook": "cli.ini"}
    ),
    "no hooks, says the unit": Way(
        _runs("/usr/bin/certbot renew --no-directory-hooks"),
        {},
        {"certificate.hook": "certbot-renew.timer"},
        mend=_ON,
    ),
    "a hook that certbot takes for a backup": Way(
        f"mv {_HOOK} {_HOOK}~", {}, {"certificate.hook": "Rename"}
    ),
    "a hook that ends before its work": Way(
        f"sed -i '2i exit 0' {_HOOK}", {}, {"certificate.hook": "apply --section policy"}
    ),
    "a hook without its interpreter": Way(
        f"sed -i '1s|.*|#!/usr/bin/fish|' {_HOOK}", {}, {"certificate.hook": "first line"}
    ),
    # C18d: what runs certbot.
    "certbot's unit runs something else": Way(
        _runs("/bin/true"), {}, {"certificate.renewal": "systemctl cat"}, mend=_ON
    ),
    "certbot's unit only tries": Way(
        _runs("/usr/bin/certbot renew --dry-run"),
        {},
        {"certificate.renewal": "dry-run"},
        mend=_ON,
    ),
    "certbot's unit renews another one": Way(
        _runs("/usr/bin/certbot renew --cert-name zeke.jp"),
        {},
        {"certificate.renewal": "certbot"},
        mend=_ON,
    ),
    "a lineage that is passed over": Way(
        _says("autorenew = False"), {}, {"certificate.renewal": "Take it out"}
    ),
    "a hook before the renewal that is missing": Way(
        _says("pre_hook = /usr/local/sbin/open-port-80"),
        {},
        {"certificate.renewal": "dry-run"},
    ),
}
