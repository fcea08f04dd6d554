"""Who may write which sender (postconf(5), smtpd_sender_login_maps)."""
