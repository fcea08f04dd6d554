/^far\.example$/	OK
