"""The check of a server from another machine: what strangers try, its certificates, its DNS records."""
