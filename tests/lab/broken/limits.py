"""Limits, times and spaces: mail that waits, is cut off or is not taken."""

from __future__ import annotations

from tests.lab.broken.rows import MAP, built, fault, option, sets

_HUGE = "1000000000000"

WAYS = {
    "free space that no disk has": fault(
        sets(f"queue_minfree = {_HUGE}"), "queue_minfree", stops=True
    ),
    "messages of a kilobyte": fault(
        sets("message_size_limit = 1000"), "message_size_limit", stops=True
    ),
    "one process of each kind": fault(sets("default_process_limit = 1"), "default_process_limit"),
    "programs killed after some seconds": fault(sets("daemon_timeout = 5s"), "daemon_timeout"),
    "programs wait a second for each other": fault(sets("ipc_timeout = 1s"), "ipc_timeout"),
    "a service that failed rests for a day": fault(
        sets("service_throttle_time = 1d"), "service_throttle_time", stops=False
    ),
    "strangers must type fast": fault(sets("smtpd_timeout = 1s"), "smtpd_timeout"),
    "no error is forgiven": fault(
        sets("smtpd_hard_error_limit = 1", "smtpd_soft_error_limit = 1"), "smtpd_hard_error_limit"
    ),
    "an error costs five minutes": fault(
        sets("smtpd_soft_error_limit = 1", "smtpd_error_sleep_time = 300s"),
        "smtpd_error_sleep_time",
    ),
    "one recipient a message": fault(
        sets("smtpd_recipient_limit = 1"), "smtpd_recipient_limit", stops=False
    ),
    "one recipient a minute": fault(
        sets("smtpd_client_recipient_rate_limit = 1"), "smtpd_client_recipient_rate_limit"
    ),
    "one connection a client": fault(
        sets("smtpd_client_connection_count_limit = 1"), "smtpd_client_connection_count_limit"
    ),
    "limits by the day": fault(sets("anvil_rate_time_unit = 1d"), "anvil_rate_time_unit"),
    "limits for nobody": fault(
        sets("smtpd_client_event_limit_exceptions = static:all"),
        "smtpd_client_event_limit_exceptions",
        stops=False,
    ),
    "one message an hour to a domain": fault(
        sets("default_destination_rate_delay = 1h"), "default_destination_rate_delay", stops=True
    ),
    "one message at a time in the queue": fault(
        sets("qmgr_message_active_limit = 1", "qmgr_message_recipient_limit = 1"),
        "qmgr_message_(active|recipient)_limit",
    ),
    "bounces given up at once": fault(
        sets("bounce_queue_lifetime = 0"), "bounce_queue_lifetime", stops=False
    ),
    "a second try after a week": fault(
        sets("minimal_backoff_time = 7d", "maximal_backoff_time = 7d"),
        "(minimal|maximal)_backoff_time",
    ),
    "the deferred mail looked at once a week": fault(
        sets("queue_run_delay = 7d"), "queue_run_delay"
    ),
    "each message waits for those before it": fault(
        sets("in_flow_delay = 10s"), "in_flow_delay", stops=False
    ),
    "transports put off by an option of qmgr": fault(
        option("qmgr/unix", "defer_transports=local,lmtp,smtp"), "defer_transports", stops=True
    ),
    "lines of outgoing mail cut short": fault(
        sets("smtp_line_length_limit = 60"), "smtp_line_length_limit", stops=False
    ),
    "a list longer than a message may have": fault(
        built("virtual", "staff@zeke.ne.jp taro, root, postmaster")
        + sets(f"virtual_alias_maps = {MAP}virtual", "virtual_alias_expansion_limit = 1"),
        "virtual_alias_expansion_limit",
        stops=True,
    ),
    "nobody here may send but root": fault(
        sets("authorized_submit_users = root"), "authorized_submit_users", stops=True
    ),
    "main.cf only for root": fault(
        "chmod 600 /etc/postfix/main.cf",
        "main\\.cf",
        "read|chmod|mode|644",
        stops=True,
    ),
    "the directory of main.cf only for root": fault(
        "chmod 700 /etc/postfix",
        "/etc/postfix",
        "read|chmod|mode|755",
        mend="chmod 755 /etc/postfix",
        stops=True,
    ),
    "postdrop without its group's rights": fault(
        "chmod g-s /usr/sbin/postdrop",
        "postdrop",
        mend="chmod g+s /usr/sbin/postdrop",
        stops=True,
    ),
    "postdrop's directory is root's": fault(
        "chgrp root /var/spool/postfix/maildrop",
        "maildrop",
        mend="chgrp postdrop /var/spool/postfix/maildrop",
        stops=True,
    ),
    "the log at another place": fault(
        sets("syslog_facility = local7"), "syslog_facility", stops=False
    ),
    "all of every talk in the log": fault(
        sets("debug_peer_list = 0.0.0.0/0", "debug_peer_level = 9"), "debug_peer_list", stops=False
    ),
}
