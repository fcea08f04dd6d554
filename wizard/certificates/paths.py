"""Where certificates lie, as main.cf names them."""

from __future__ import annotations

LINEAGES = "/etc/letsencrypt/live"
RENEWAL_HOOK = "/etc/letsencrypt/renewal-hooks/deploy/postfix-wizard"
SELF_SIGNED_CERT = "/etc/pki/tls/certs/postfix-wizard.pem"
SELF_SIGNED_KEY = "/etc/pki/tls/private/postfix-wizard.key"
