"""What Postfix does where main.cf does not say (postconf(5), 3.5 to 3.11 alike)."""

from __future__ import annotations

DEFAULTS = {
    "myorigin": "$myhostname",
    "mydestination": "$myhostname, localhost.$mydomain, localhost",
    "inet_interfaces": "all",
    "inet_protocols": "all",
    "proxy_interfaces": "",
    "recipient_delimiter": "",
    "home_mailbox": "",
    "mailbox_transport": "",
    "anvil_rate_time_unit": "60s",
    "smtpd_client_connection_rate_limit": "0",
    "smtpd_client_message_rate_limit": "0",
    "smtpd_client_recipient_rate_limit": "0",
    "smtpd_client_connection_count_limit": "50",
    "message_size_limit": "10240000",
    "mailbox_size_limit": "51200000",
    "virtual_mailbox_limit": "51200000",
    "default_process_limit": "100",
    "default_destination_concurrency_limit": "20",
    "initial_destination_concurrency": "5",
}
"""The defaults of the parameters that a section owns and an answer can express, and two more."""
