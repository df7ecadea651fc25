"""Sends the HTTP message in a file as an editor for such files does: with the length of the body, to the port given."""

import socket
import sys
from pathlib import Path

head, _, body = Path(sys.argv[1]).read_text("utf-8").rstrip("\n").partition("\n\n")
lines = [*head.split("\n"), f"Content-Length: {len(body.encode())}", "Connection: close", "", body]
with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as connection:
    connection.sendall("\r\n".join(lines).encode())
    print(connection.makefile("rb").read().decode())
