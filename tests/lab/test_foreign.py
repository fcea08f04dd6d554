"""What comes from another server has no rights here, and runs nothing that nobody accepted."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

import pytest

from lab import acme
from lab.host import Host
from tests.lab.old_server import REMOTE, Pair, reachable
from tests.lab.program import ANSWERS, BAD, BootHost, apply, wizard
from wizard.certificates.foreign import foreign_items
from wizard.paths import RENEWAL_HOOK

pytestmark = pytest.mark.lab

TREE = "/etc/letsencrypt"
CONF = f"{TREE}/renewal/zeke.jp.conf"
NAME = "mail.zeke.ne.jp"

LOOSE = """
set -e
cd /etc/letsencrypt
mkdir -p accounts/acme/directory/1 renewal-hooks/pre renewal-hooks/deploy renewal-hooks/post csr keys
echo '{}' >accounts/acme/directory/1/private_key.json
echo 'max-log-backups = 0' >cli.ini; echo 'password' >cloudflare.ini
for kind in pre deploy post; do printf '#!/bin/sh\\ntouch /root/ran-%s\\n' $kind >renewal-hooks/$kind/hook; done
printf '#!/bin/sh\\n' >renewal-hooks/deploy/disabled
printf '#!/bin/sh\\n' >helper.sh
chmod 0666 cli.ini renewal/*.conf archive/*/privkey*.pem accounts/acme/directory/1/private_key.json
chmod 0777 archive live archive/* live/* renewal accounts accounts/acme renewal-hooks
chmod 4777 renewal-hooks/deploy/hook helper.sh
chmod 6755 renewal-hooks/pre/hook
chmod 2775 renewal-hooks/post/hook csr
chmod 0001 renewal-hooks/deploy/disabled
chmod 1777 renewal-hooks/deploy
chmod 2777 renewal-hooks/pre
chmod 7777 cloudflare.ini
chmod -x renewal-hooks/deploy/disabled
chown taro cli.ini renewal/*.conf archive/*/cert1.pem renewal-hooks/deploy/hook
mkfifo renewal-hooks/deploy/fifo
mknod renewal-hooks/deploy/null c 1 3
ln -s /etc/shadow renewal-hooks/deploy/shadow-link
ln -s /root/nowhere renewal-hooks/post/dangling
ln -s /root renewal-hooks/post/home
ln archive/zeke.jp/privkey1.pem renewal-hooks/deploy/key
python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('renewal-hooks/deploy/socket')"
for name in 'a;touch ran-a' '$(touch ran-b)' "$(printf 'c\\n\\033]0;d')"; do
    printf '#!/bin/sh\\n' >"renewal-hooks/deploy/$name"; chmod 755 "renewal-hooks/deploy/$name"
done
touch -d 1901-12-14 renewal-hooks/deploy/key; touch -d 2300-01-01 cli.ini
python3 - <<'END'
import os
everyone = bytes.fromhex("02000000010006 00ffffffff02000700e803000004000600ffffffff10000700ffffffff20000600ffffffff")
for path in ("cli.ini", "helper.sh"):
    os.setxattr(path, "system.posix_acl_access", everyone)
os.setxattr("helper.sh", "security.capability", bytes.fromhex("0100000280000000" + "0" * 24))
END
"""

ATTRIBUTES = """
import os
for here, _, names in os.walk("/etc/letsencrypt"):
    for path in (os.path.join(here, name) for name in names):
        found = [one for one in os.listxattr(path, follow_symlinks=False) if one != "security.selinux"]
        if found:
            print(path, *found)
"""

LOOSE_HERE = [
    "find", TREE, "(", "-perm", "/7022", "-a", "!", "-type", "l", ")",
    "-o", "!", "-user", "root", "-o", "!", "-group", "root",
    "-o", "(", "-type", "p", "-o", "-type", "b", "-o", "-type", "c", "-o", "-type", "s", ")",
]  # fmt: skip


def mode(host: Host, path: str) -> str:
    return host.run(["stat", "-c", "%a", f"{TREE}/{path}"], check=True).stdout.strip()


def full_form(said: str) -> str:
    """Return the value that accepts all that a plan lists."""
    return str(re.findall(r"--accept (foreign-hooks=[^ \n]+)", said)[-1])


@pytest.mark.promise(35)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_no_mode_and_no_owner_comes_along(
    boot_host: BootHost, suite: str, record_property: Callable[[str, object], None]
) -> None:
    pair = reachable(boot_host, suite=suite)
    pair.old.run(["bash", "-c", LOOSE], check=True)
    new = pair.new
    code, said = apply(new)
    assert code == 0, said
    assert new.run(LOOSE_HERE, check=True).stdout == ""
    assert new.run(["python3", "-c", ATTRIBUTES], check=True).stdout == ""
    hooks_here = new.run(["find", f"{TREE}/renewal-hooks", "!", "-type", "d"]).stdout.split()
    assert set(hooks_here) - {RENEWAL_HOOK} == {
        f"{TREE}/renewal-hooks/deploy/{one}" for one in ("disabled", "key", "shadow-link")
    }
    for words in ("touch ran-a", "touch ran-b"):
        assert re.search(rf"{re.escape(words)}.* is left out: ", said), words
    assert "\x1b" not in said
    links = new.run(["find", TREE, "-type", "l", "!", "-lname", "../../archive/*"]).stdout
    assert links == ""
    assert new.run(["find", TREE, "-path", "*hook"]).stdout == "", "not accepted, not here"
    expected = {
        "live": "700", "archive": "700", "accounts": "700", "accounts/acme/directory/1": "700",
        "archive/zeke.jp": "700", "archive/zeke.jp/privkey1.pem": "600",
        "archive/zeke.jp/cert1.pem": "644", "cli.ini": "644", "renewal/zeke.jp.conf": "644",
        "accounts/acme/directory/1/private_key.json": "600", "cloudflare.ini": "700",
        "renewal": "755",
    }  # fmt: skip
    del expected["cloudflare.ini"]
    assert {path: mode(new, path) for path in expected} == expected

    assert re.search(r"unknown +renewal of zeke.jp: certbot is not installed here", said)
    accept = full_form(said)
    for name in ("deploy/hook", "pre/hook", "post/hook", "helper.sh", "cloudflare.ini"):
        assert name in accept, name
    code, said = wizard(
        new, "apply", "--section", "certificate", "--answers", ANSWERS, "--yes", "--accept", accept
    )
    assert code == 0, said
    assert new.run(LOOSE_HERE, check=True).stdout == ""
    hooks = {"renewal-hooks/deploy/hook": "700", "helper.sh": "700", "cloudflare.ini": "700"}
    assert {path: mode(new, path) for path in hooks} == hooks
    record_property("count:modes", len(expected) + len(hooks))

    # What an older program left: the next run of the section closes it.
    new.run(["chmod", "4777", f"{TREE}/helper.sh", CONF, f"{TREE}/cli.ini"], check=True)
    new.run(["chown", "taro", f"{TREE}/cli.ini"], check=True)
    code, said = wizard(new, "apply", "--section", "certificate", "--answers", ANSWERS, "--yes")
    assert code == 0, said
    assert new.run(LOOSE_HERE, check=True).stdout == ""


COMMANDS = {
    "pre_hook": "touch /root/ran-pre",
    "post_hook": "touch /root/ran-post",
    "renew_hook": "touch /root/ran-renew",
    "deploy_hook": "touch /root/ran-deploy",
    "manual_auth_hook": "/root/ran-auth.sh",
    "manual_cleanup_hook": "/root/ran-cleanup.sh",
    "manual_auth_hook_timeout": "/root/ran-unknown",
    "dns_rfc2136_credentials": "/root/rfc2136.ini",
    "dns_cloudflare_credentials": "/etc/letsencrypt/cloudflare.ini",
    "dns_google_credentials": "~/google.json",
    "webroot_path": "/srv/www,",
    "config_dir": "/root/other",
    "work_dir": "/root/work",
    "logs_dir": "/root/logs",
    "key_path": "/root/key.pem",
    "installer": "nginx",
    "nginx_ctl": "/root/nginx",
    "apache_enmod": "/root/a2enmod",
    "some_plugin_file": "/root/plugin",
    "account": "../../../root/account",
}
"""Each option through which certbot runs, reads or writes something, with a value of its own."""

OF_CLI = {
    "pre-hook": "/root/cli-pre",
    "post-hook": "/root/cli-post",
    "renew-hook": "/root/cli-renew",
    "deploy-hook": "/root/cli-deploy",
    "manual-auth-hook": "/root/cli-auth",
    "manual-cleanup-hook": "/root/cli-cleanup",
    "manual-cleanup-h": "/root/cli-short",
    "--deploy-ho": "/root/cli-dashes",
    "webroot-map": '{"a.example":"/srv/a"}',
    "work-dir": "/root/cli-work",
    "config": "/root/cli.ini",
    "no-verify-ssl": "true",
    "csr": "/root/csr.pem",
    "installer": "apache",
}


def set_options(host: Host) -> None:
    conf = host.read(CONF)
    lines = "".join(f"{name} = {value}\n" for name, value in COMMANDS.items())
    with_map = "[[webroot_map]]\nmapped.example = /srv/mapped\n"
    host.write(CONF, f"{conf.rstrip()}\n{lines}{with_map}", 0o644)
    host.write(f"{TREE}/cli.ini", "".join(f"{a} = {b}\n" for a, b in OF_CLI.items()), 0o644)


@pytest.mark.promise(36)
def test_each_command_and_path_is_in_the_plan_and_left_out(
    boot_host: BootHost, record_property: Callable[[str, object], None]
) -> None:
    pair = reachable(boot_host)
    old, new = pair.old, pair.new
    conf = old.read(CONF)
    set_options(old)
    texts = {**COMMANDS, **OF_CLI}
    code, said = apply(new)
    assert code == 0, said
    for name, value in texts.items():
        assert f"| {name} = {value}" in said, name
    assert "| mapped.example = /srv/mapped" in said
    assert new.read(CONF).startswith(conf.rstrip())
    assert new.read(CONF).removeprefix(conf.rstrip()) == "\n[[webroot_map]]\n"
    assert new.read(f"{TREE}/cli.ini") == ""
    record_property("count:options", len(texts) + 1)

    accept = full_form(said)
    again = ("apply", "--section", "certificate", "--answers", ANSWERS, "--yes", "--accept")
    code, said = wizard(new, *again, accept.replace("@", "@0", 1))
    assert code == BAD, said
    assert full_form(said).rstrip(".").split(",") == accept.split(","), "the full form is printed"
    code, said = wizard(new, *again, "foreign-hooks")
    assert (code, accept in said) == (BAD, True), said
    code, said = wizard(new, *again, accept)
    assert code == 0, said
    assert new.read(CONF) == old.read(CONF)
    assert new.read(f"{TREE}/cli.ini") == old.read(f"{TREE}/cli.ini")
    for words in ((*again, accept), again[:-1]):
        code, said = wizard(new, *words)
        assert code == 0, said
        assert "1 step, in this order:\n  1. Remove the gathered copy" in said
        assert new.read(CONF) == old.read(CONF), "what was accepted once is this host's own"


SHORT = ("pre-hook", "deploy-h", "post-ho")
"""In cli.ini certbot takes shortened names, too."""


def issue(pair: Pair) -> None:
    """Have the new server's certificate issued, and give all of it to the old one."""
    new, old = pair.new, pair.old
    for permanent in ((), ("--permanent",)):
        new.run(["firewall-cmd", "--zone=public", "--add-service=http", *permanent], check=True)
    new.run(
        ["certbot", "certonly", "--standalone", "--non-interactive", "--agree-tos",
         "--register-unsafely-without-email", "--server", acme.URL, "-d", NAME],
        check=True, timeout=60,
    )  # fmt: skip
    tar = new.argv(["tar", "c", "-C", "/etc", "letsencrypt"])
    tree = subprocess.run(tar, capture_output=True, check=True).stdout
    old.write("/root/tree.tar", tree)
    old.run(["rm", "-r", TREE], check=True)
    old.run(["tar", "x", "-C", "/etc", "-f", "/root/tree.tar"], check=True)
    new.run(["rm", "-r", TREE], check=True)
    answers = REMOTE.replace('name = "zeke.ne.jp"', f'name = "{NAME}"', 1)
    new.write(ANSWERS, answers, 0o600)


def traces(host: Host) -> list[str]:
    return sorted(host.run(["find", "/root", "-name", "ran-*"], check=True).stdout.split())


def add(host: Host, **settings: str) -> None:
    conf = f"{TREE}/renewal/{NAME}.conf"
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    host.write(conf, f"{host.read(conf).rstrip()}\n{lines}", 0o644)


@pytest.mark.promise(36)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_certbot_runs_what_was_accepted_and_nothing_else(boot_host: BootHost, suite: str) -> None:
    """certbot itself is the judge: each command leaves a trace."""
    pair = reachable(boot_host, suite=suite, certbot=True)
    new, old = pair.new, pair.old
    with acme.serve(new):
        issue(pair)
        add(old, pre_hook="touch /root/ran-pre", post_hook="touch /root/ran-post")
        add(old, renew_hook="touch /root/ran-renew")
        cli = "".join(f"{name} = touch /root/ran-cli-{name}\n" for name in SHORT)
        old.write(f"{TREE}/cli.ini", cli, 0o644)
        for kind in ("pre", "deploy", "post"):
            path = f"{TREE}/renewal-hooks/{kind}/one"
            old.write(path, f"#!/bin/sh\ntouch /root/ran-{kind}-directory\n", 0o755)
        code, said = apply(new)
        assert code == 0, said
        assert re.search(rf"right +renewal of {NAME}: certbot can renew it here", said), said
        assert traces(new) == []
        accounts = new.run(["ls", f"{TREE}/accounts"], check=True).stdout.split()
        assert accounts == ["stranger.example:14000"], "no account of a trial remains"
        renew = ["certbot", "renew", "--force-renewal", "--no-random-sleep-on-renew"]
        done = new.run(renew, timeout=90)
        assert done.returncode == 0, done.stdout + done.stderr
        assert traces(new) == []


def test_what_is_accepted_runs_here_too(boot_host: BootHost) -> None:
    pair = reachable(boot_host, certbot=True)
    new, old = pair.new, pair.old
    with acme.serve(new):
        issue(pair)
        add(old, pre_hook="touch /root/ran-pre", renew_hook="touch /root/ran-renew")
        path = f"{TREE}/renewal-hooks/post/one"
        old.write(path, "#!/bin/sh\ntouch /root/ran-post-directory\n", 0o777)
        wizard(new, "apply", "--answers", ANSWERS, "--yes", "--accept", "foreign-hooks=none")
        code, said = wizard(new, "plan", "--answers", ANSWERS)
        assert code == 2, said
        names = [one for one in full_form(said).split(",") if "renew_hook" not in one]
        code, said = apply(new, "--accept", ",".join(names))
        assert code == 0, said
        assert traces(new) == ["/root/ran-post-directory", "/root/ran-pre"], "in the dry run"
        assert "renew_hook" not in new.read(f"{TREE}/renewal/{NAME}.conf")
    code, said = wizard(new, "undo", "--yes")
    assert code == 0, said
    assert new.run(["find", TREE]).stdout == "", "what certbot made in the dry run is gone, too"


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ("port 80 is closed", f"Domain: {NAME}"),
        ("the web root is left out", "webroot"),
        ("the plugin is missing", "dns-rfc2136"),
        ("there is no renewal file", "it has no renewal file"),
    ],
)
def test_a_renewal_that_cannot_be_is_a_warning_with_its_date(
    boot_host: BootHost, how: str, seen: str
) -> None:
    pair = reachable(boot_host, certbot=True)
    new, old = pair.new, pair.old
    conf = f"{TREE}/renewal/{NAME}.conf"
    with acme.serve(new):
        issue(pair)
        if how == "port 80 is closed":
            new.run(["firewall-cmd", "--zone=public", "--remove-service=http", "--permanent"])
            new.run(["firewall-cmd", "--reload"], check=True)
        elif how == "there is no renewal file":
            old.run(["rm", conf], check=True)
        else:
            plugin = "webroot" if "web" in how else "dns-rfc2136"
            text = old.read(conf).replace("authenticator = standalone", f"authenticator = {plugin}")
            old.write(conf, text, 0o644)
            add(old, webroot_path="/srv/www,", dns_rfc2136_credentials="/root/rfc2136.ini")
        code, said = apply(new)
    assert code == 0, said
    said = " ".join(said.split())
    at = said.index(f"warning renewal of {NAME}:")
    assert seen in said[at:], said[at:]
    assert re.search(r"It matters on \d{4}-\d\d-\d\d, when certbot renews it", said[at:])
    if how == "the web root is left out":
        assert re.search(r"Left out of this run: \S+:webroot_path@", said[at:])


NAMES = """
from certbot._internal import cli
from certbot._internal.plugins import disco
cli.prepare_and_parse_args(disco.PluginsRegistry.find_all(), ["renew"])
for action in cli.helpful_parser.parser._actions:
    print(*action.option_strings)
"""
NO_PATH = {"user-agent", "user-agent-comment", "preferred-chain", "eab-kid", "eab-hmac-key"}
RISKY = re.compile(
    "hook|credential|dir$|path$|map$|configurator|installer|apache$|nginx$|no-verify|csr"
)
SWITCHES = {"no-directory-hooks", "disable-hook-validation"}


@pytest.mark.promise(36)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_no_option_of_certbots_own_is_forgotten(
    boot_host: BootHost, suite: str, record_property: Callable[[str, object], None]
) -> None:
    """certbot lists its options itself; each is foreign with a path, and some with any value."""
    host = boot_host(suite=suite, certbot=True, letsencrypt=False)
    said = host.run(["python3", "-c", NAMES], check=True).stdout
    names = {one[2:] for one in said.split() if one.startswith("--")}
    assert {"deploy-hook", "webroot-path", "manual-auth-hook"} <= names
    for name in names:
        with_path = foreign_items(f"{TREE}/cli.ini", f"{name} = /root/x\n".encode(), 0o644)
        assert len(with_path) == (0 if name in NO_PATH else 1), name
        with_word = foreign_items(f"{TREE}/cli.ini", f"{name} = word\n".encode(), 0o644)
        if RISKY.search(name) and name not in SWITCHES:
            assert with_word, name
    record_property("count:options", len(names))
