"""A process beside this one in which functions are captured, so that nobody waits for that.

Recording a function is plain Python, and a thread that computes eagerly hands over the
interpreter lock at every operation: a class of 32 different structures got a fifteenth of its
steps as long as a thread of the same process recorded them. What is sent there, code by name and
example tensors, comes from this process alone, over a pipe that nobody else has.
"""

import io
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import torch

from ganplay.toy.graph_capture import Replay, capture, record, replay_of

NICE = 5
"""How far it steps back behind those who train."""
STARTS = 4
"""Processes that are started in all; after that functions are captured here."""
_LENGTH = struct.Struct("<Q")


class CaptureProcess:
    """The process, from this side."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._starts, self._lock = 0, threading.Lock()

    def open(self) -> None:
        """Start it, which takes seconds, before it is needed."""
        with self._lock, suppress(OSError):
            self._running()

    def close(self) -> None:
        """End it."""
        with self._lock:
            if self._process is not None:
                _end(self._process)

    @property
    def pids(self) -> list[int]:
        """Its process, if there is one now."""
        process = self._process
        return [] if process is None or process.poll() is not None else [process.pid]

    def capture(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Replay:
        """As `capture.capture`; done here where the process cannot do it."""
        try:
            order = io.BytesIO()
            torch.save((function, args), order)  # keeps what is a view of what
            with self._lock:
                answer = self._answer(order.getvalue())
            return replay_of(torch.jit.load(io.BytesIO(answer)))
        except Exception:  # it died, or does not know the function, or torch cannot capture it
            return capture(function, args)

    def _answer(self, order: bytes) -> bytes:
        process = self._running()
        assert process.stdin
        assert process.stdout
        try:
            _write(process.stdin, order)
            return _read(process.stdout)
        except (OSError, EOFError):
            _end(process)
            raise

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            if self._starts == STARTS:
                raise OSError("the process has died too often")
            self._starts += 1
            places = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ganplay.live.capture_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, places))},
            )
        return self._process


CAPTURE_PROCESS = CaptureProcess()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    with process:  # closes the pipes, and waits
        pass


def _write(to: IO[bytes], content: bytes) -> None:
    to.write(_LENGTH.pack(len(content)) + content)
    to.flush()


def _read(source: IO[bytes]) -> bytes:
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    return source.read(_LENGTH.unpack(head)[0])


def _captured(order: bytes) -> bytes:
    """The recorded function as torch saves it; nothing if it cannot be recorded."""
    try:
        function, args = torch.load(io.BytesIO(order), weights_only=False)
        made = io.BytesIO()
        torch.jit.save(record(function, args), made)
        return made.getvalue()
    except Exception:
        return b""


def main() -> None:
    """The process itself: one order after the other, until whoever sends them is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's, which is meant for the server
    if hasattr(os, "nice"):
        os.nice(NICE)
    torch.set_num_threads(1)
    orders, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed is no answer
    with suppress(Exception):
        record(torch.sin, (torch.zeros(1),))  # what the first one has to import
    with suppress(EOFError, OSError):
        while True:
            _write(answers, _captured(_read(orders)))


if __name__ == "__main__":
    main()
