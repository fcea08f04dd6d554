"""certbot's options, by what they can do on this server. Two tables; the first match counts.

From certbot's own sources, 1.12 to 4.0: cli/, renewal.py, hooks.py, storage.py and its plugins. A
name is written with underscores and in small letters, as in a renewal file.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from wizard.paths import LETSENCRYPT

COMMANDS = (
    "pre_hook",
    "post_hook",
    "renew_hook",
    "deploy_hook",
    "manual_auth_hook",
    "manual_cleanup_hook",
)
"""Options that run any value as a command."""
_OTHERS = (
    "config_dir",
    "work_dir",
    "logs_dir",
    "cert_path",
    "key_path",
    "chain_path",
    "fullchain_path",
    "csr",
    "server",
    "webroot_path",
    "webroot_map",
    "installer",
    "configurator",
    "apache",
    "nginx",
    "no_verify_ssl",
)
_NAMED = (*COMMANDS, *_OTHERS)
"""Options that are foreign unless their value is harmless. argparse takes the first letters, too."""

_USES: tuple[tuple[str, str], ...] = (
    ("pre_hook", "certbot runs it as root before a renewal"),
    ("post_hook", "certbot runs it as root after a renewal"),
    ("renew_hook|deploy_hook", "certbot runs it as root after each new certificate"),
    ("manual_(auth|cleanup)_hook", "certbot runs it as root for each challenge"),
    (r"\w*hook\w*", "certbot or its plugin runs it as root"),
    ("installer|configurator|apache|nginx|i", "certbot runs this web server's programs as root"),
    (r"\w+_(ctl|enmod|dismod|bin|command|cmd)", "certbot's plugin runs it as root"),
    (r"\w*credentials\w*", "certbot reads it, to change records in DNS"),
    ("webroot_(path|map)|w", "certbot writes the answers to challenges there"),
    ("config_dir|work_dir|logs_dir", "certbot reads and writes its files there"),
    ("no_verify_ssl", "certbot would not check who the ACME server is"),
)
_UNKNOWN = "this program does not know what certbot does with this option"

_SWITCHES = r"""
    agree_tos allow_subset_of_names auto_hsts autorenew break_my_certs debug debug_challenges
    delete_after_revoke disable_hook_validation disable_renew_updates dry_run duplicate eff_email
    expand force_interactive force_renewal hsts keep keep_until_expiring manual
    manual_public_ip_logging_ok must_staple new_key no_autorenew no_delete_after_revoke
    no_directory_hooks no_eff_email no_hsts no_random_sleep_on_renew no_redirect no_reuse_key
    no_staple_ocsp no_uir non_interactive noninteractive noninteractive_mode preconfigured_renewal
    quiet redirect register_unsafely_without_email reinstall renew_by_default
    renew_with_new_domains reuse_key staging standalone staple staple_ocsp strict_permissions
    test_cert text tos uir validate_hooks verbose webroot
"""
_WORDS = r"""
    a account ari_retry_after authenticator cert_name certname domain domains eab_hmac_alg
    elliptic_curve email http01_address http01_port http_01_address http_01_port https_port
    issuance_timeout key_type max_log_backups pref_chall pref_challs preferred_challenges
    preferred_profile renew_before_expiry required_profile rsa_key_size verbose_level version
    [a-z0-9_]+_propagation_seconds
"""
_TEXTS = "eab_hmac_key eab_kid preferred_chain user_agent user_agent_comment"
_OWN_PATHS = r"""
    archive_dir cert cert_path chain chain_path config_dir fullchain fullchain_path key_path
    logs_dir privkey work_dir
"""
_FLAGS = "apache configurator i installer nginx no_verify_ssl"

_SERVER = r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*/?"
_CERTBOTS_PATHS = (
    rf"{LETSENCRYPT}/(archive|live)/[A-Za-z0-9_.-]+(/[a-z]+[0-9]*\.pem)?"
    rf"|{LETSENCRYPT}|/var/lib/letsencrypt|/var/log/letsencrypt"
)
_NO_VALUE = "none|true|false|yes|no|[0-9]*"


def plain(value: str) -> str:
    """Return a value without blanks and quotes around it."""
    return value.strip().strip("\"'")


def _has_no_value(value: str) -> bool:
    return bool(re.fullmatch(_NO_VALUE, plain(value).lower()))


def _names_no_path(value: str) -> bool:
    # certbot makes a path of an account's number; configobj puts other values in place of %(NAME)s.
    return "/" not in value and "%(" not in value


def _is_server(value: str) -> bool:
    # certbot makes a path of the URL, too.
    return bool(re.fullmatch(_SERVER, plain(value))) and ".." not in value


def _are_certbots_paths(value: str) -> bool:
    return all(_is_certbots_path(plain(part)) for part in value.split(","))


def _is_certbots_path(path: str) -> bool:
    return bool(re.fullmatch(_CERTBOTS_PATHS, path)) and posixpath.normpath(path) == path


def _any_of(names: str) -> str:
    return "|".join(names.split())


_HARMLESS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    (_any_of(" ".join(COMMANDS)), lambda value: plain(value) in {"None", ""}),
    (_any_of(_FLAGS), lambda value: plain(value).lower() in {"none", "false", "no", ""}),
    (_any_of(_OWN_PATHS), _are_certbots_paths),
    ("server", _is_server),
    (_any_of(_TEXTS), lambda value: "%(" not in value),
    (_any_of(f"{_SWITCHES} {_WORDS}"), _names_no_path),
)
"""Names of options, and when a value of theirs can do no harm."""


def key_of(name: str) -> str:
    """Return an option's name as the tables have it."""
    return name.strip("-").replace("-", "_").lower()


def is_harmless(name: str, value: str) -> bool:
    """True if certbot runs, reads and writes nothing else because of this option.

    An option that is not in the table is harmless only without a value.
    """
    key = key_of(name)
    for names, test in _HARMLESS:
        if re.fullmatch(names, key):
            return test(value)
    return _has_no_value(value) and _long_name(key) not in _NAMED


def use(name: str) -> str:
    """Return in words what certbot does with an option."""
    key = key_of(name)
    for one in (key, _long_name(key)):
        for names, words in _USES:
            if re.fullmatch(names, one):
                return words
    return _UNKNOWN


def _long_name(key: str) -> str:
    """Return the first option of `_NAMED` that argparse may take a shortened name for, else the name."""
    return next((one for one in _NAMED if one.startswith(key)), key)
