"""A resolver of our own on loopback, which says whatever a test has it say."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Optional

import dns.message

Respond = Callable[[dns.message.Message], Optional[dns.message.Message]]


@contextlib.contextmanager
def answering(respond: Respond, address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Answer each query as `respond` does, None for silence, at the port that is given.

    Port 0 is any free one.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, port))

        def serve() -> None:
            while True:
                data, peer = server.recvfrom(4096)
                if data == b"end":
                    return
                reply = respond(dns.message.from_wire(data))
                if reply is not None:
                    server.sendto(reply.to_wire(), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.sendto(b"end", server.getsockname())
        thread.join()
