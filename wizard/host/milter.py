"""Ask a milter on a UNIX socket whether it serves, by the first packet of the milter protocol.

Each packet is its length (4 bytes, big endian), a letter and data (mfdef.h of libmilter). A client
begins with `O`, the version and what it can do. A milter answers with `O`, and Q ends the session.
"""

from __future__ import annotations

import os
import socket
import struct

SECONDS = 3.0
"""Timeout of each read and write."""

_VERSION, _ACTIONS, _PROTOCOL = 6, 0x1FF, 0x1FFFFF
_HELLO = struct.pack(">IcIII", 13, b"O", _VERSION, _ACTIONS, _PROTOCOL)
_QUIT = struct.pack(">Ic", 1, b"Q")
_HEAD = 5


def milter_fault(path: str, seconds: float = SECONDS) -> str:
    """Return why no milter answers on the socket, "" if one does. Never raises."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(seconds)
        try:
            link.connect(path)
            link.sendall(_HELLO)
            head = b""
            while len(head) < _HEAD:
                more = link.recv(_HEAD - len(head))
                if not more:
                    break
                head += more
            if head[4:] == b"O":
                link.sendall(_QUIT)
                return ""
        except FileNotFoundError:
            return f"there is no socket {path}"
        except ConnectionRefusedError:
            return f"nobody listens on {path}"
        except TimeoutError:
            return f"who listens on {path} does not answer"
        except OSError as error:
            return f"{path}: {os.strerror(error.errno) if error.errno else error}"
    return f"what listens on {path} is not a milter"
