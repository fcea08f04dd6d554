"""The copy of dovecot.conf that our file is read with before it is written."""

from __future__ import annotations

from wizard.paths import DOVECOT_CONF
from wizard.run.actions.dovecot import staged_main

MAIN = b"""\
dovecot_config_version = 2.4.0
!include_try /usr/share/dovecot/protocols.d/*.protocol
#!include conf.d/*.conf
  !include conf.d/*.conf
!include_try local.conf"""


def test_our_file_stands_where_conf_d_is_read() -> None:
    """What is read after conf.d still has the last word; relative paths lead to /etc/dovecot."""
    assert staged_main(MAIN, DOVECOT_CONF, "/run/staged/99.conf").decode() == (
        "dovecot_config_version = 2.4.0\n"
        "!include_try /usr/share/dovecot/protocols.d/*.protocol\n"
        "#!include conf.d/*.conf\n"
        "  !include /etc/dovecot/conf.d/*.conf\n"
        "\n"
        "!include /run/staged/99.conf\n"
        "!include_try /etc/dovecot/local.conf"
    )
