"""What `check --quiet-outside` says of servers, blocklists and names of others: they were not queried."""

from __future__ import annotations

OPTION = "--quiet-outside"
NOT_QUERIED = f"{OPTION}: others are not queried"
NOT_CAUSED = f"{OPTION}: Postfix would query blocklists or domains of others"
