"""Connections that no client of good will makes. None may be answered with 200, or with an error that blames the server."""

import gzip
import json
import socket
import struct
import time

BOMB = gzip.compress(b" " * (64 << 20), 9)


def act(port, key, draw, tally):
    """One hostile connection."""
    attack = draw.choice(ATTACKS)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
            answer = attack(connection, key, draw)
    except TimeoutError:
        # Its answer is computed, and waits for those of others.
        if attack is not stops_reading:
            tally.fail(f"hostile {attack.__name__}: no answer in 120 s")
        answer = b""
    except OSError:
        answer = b""  # cut off, or the server is between two lives
    status = answer[9:12]
    if answer and status not in EXPECTED:
        tally.fail(f"hostile {attack.__name__}: answered {answer[:200]!r}")
    tally.count("hostile")


EXPECTED = {b"400", b"401", b"408", b"413", b"414", b"415", b"422", b"429", b"431", b"503"}


def head(key, length, more=""):
    return (f"POST /v1/logprobs HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Length: {length}\r\n{more}\r\n").encode()


def send(connection, data):
    try:
        connection.sendall(data)
    except OSError:
        pass  # The server may have said enough already.
    return connection.recv(4096)


def posted(connection, key, body, more=""):
    return send(connection, head(key, len(body), more) + body)


def garbage(connection, key, draw):
    return send(connection, draw.randbytes(2000) + b"\r\n\r\n")


def two_lengths(connection, key, draw):
    return send(connection, b"POST /v1/logprobs HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")


def endless_header(connection, key, draw):
    return send(connection, b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X-Field: value\r\n" * 20_000)


def slow_header(connection, key, draw):
    for byte in b"GET /health HTTP/1.1\r\nHost":
        connection.sendall(bytes([byte]))
        time.sleep(0.02)
    return b""


def half_a_body(connection, key, draw):
    connection.sendall(head(key, 1 << 20) + b'{"inputs": [')
    time.sleep(draw.uniform(0, 0.5))
    return b""


def deep_json(connection, key, draw):
    return posted(connection, key, b'{"inputs":' + b"[" * 200_000)


def bomb(connection, key, draw):
    return posted(connection, key, BOMB, "Content-Encoding: gzip\r\n")


def lying_tensors(connection, key, draw):
    header = json.dumps({
        "token_ids": {"dtype": "I32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]},
        "sequence_starts": {"dtype": "I64", "shape": [2], "data_offsets": [8, 4]},
    }).encode()
    body = struct.pack("<Q", draw.choice([len(header), 1 << 62])) + header + bytes(64)
    return posted(connection, key, body, "Content-Type: application/vnd.safetensors\r\n")


def ids_out_of_range(connection, key, draw):
    return posted(connection, key, b'{"inputs":[{"token_ids":[1,2,640]}]}')


def leaves_at_once(connection, key, draw):
    body = b'{"inputs":[{"token_ids":[' + b",".join([b"%d" % draw.randrange(640) for _ in range(400)]) + b"]}]}"
    connection.sendall(head(key, len(body)) + body)
    return b""


def stops_reading(connection, key, draw):
    ids = ",".join(str(draw.randrange(640)) for _ in range(300))
    body = json.dumps({"inputs": [{"token_ids": json.loads(f"[{ids}]")}] * 64}).encode()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sendall(head(key, len(body), "Accept: application/x-ndjson\r\n") + body)
    connection.recv(1)
    time.sleep(draw.uniform(0, 1))
    return b""


ATTACKS = [
    garbage, two_lengths, endless_header, slow_header, half_a_body, deep_json, bomb, lying_tensors, ids_out_of_range,
    leaves_at_once, stops_reading,
]
