"""The section `backup`: a second MX, or the backups of this server."""
