"""The stream between a task host and a Python process that works for it, one call at a time.

Descriptor 3 is the stream. A message in either direction: two little-endian 32-bit lengths, a JSON
header of the first, a body of the second. The end of the stream is the end of this process.
"""
import atexit
import json
import os
import struct
import sys

CHANNEL = 3
STREAM = os.fstat(CHANNEL).st_ino


class Ended(BaseException):
    """The stream to the host is closed."""


def read_exactly(count):
    parts = []
    while count:
        part = os.read(CHANNEL, min(count, 1 << 20))
        if not part:
            raise Ended
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive():
    header, body = struct.unpack("<II", read_exactly(8))
    return json.loads(read_exactly(header)), read_exactly(body)


def is_cut_off():
    """Whether the function has closed our stream; another file may have its number by now."""
    try:
        return os.fstat(CHANNEL).st_ino != STREAM
    except OSError:
        return True


def send(header, body):
    if is_cut_off():
        leave("the function closed descriptor 3, the stream to its runtime")
    head = json.dumps(header).encode()
    message = memoryview(struct.pack("<II", len(head), len(body)) + head + body)
    while message:
        message = message[os.write(CHANNEL, message):]


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass


def leave(code):
    """Ends the process, whatever threads the function has started."""
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    try:
        atexit._run_exitfuncs()
    finally:
        flush()
        os._exit((code or 0) & 0xFF)


def begin():
    """Keeps the stream from children, and lets each line of output through at once."""
    os.set_inheritable(CHANNEL, False)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")


