"""Servers in processes of their own, and what they take."""

import argparse
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def page_flags(description: str | None, *more: str) -> argparse.Namespace:
    """What a `Server` is started with: the port, and values of its own by their flags."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, required=True)
    for name in more:
        parser.add_argument(f"--{name}", required=True)
    return parser.parse_args()


class Server:
    """A server in a process of its own; after it was killed it may be started again, as it was.

    Args:
        module: to be run with a port, and its other arguments.
    """

    def __init__(self, *module: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._command = [sys.executable, "-m", *module, "--port", str(port)]
        self.start()

    def start(self) -> None:
        """Begin to come up."""
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, stdout=quiet, stderr=quiet)

    def wait(self) -> bool:
        """Until it answers, for a minute or so at most; whether it does."""
        for _ in range(1200):
            try:
                urllib.request.urlopen(self.url, timeout=2).close()
                return True
            except OSError:
                time.sleep(0.05)
        return False

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def kill(self) -> None:
        """Without a word, as where memory runs out."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """In good order."""
        self._process.terminate()
        self._process.wait(10)


@contextmanager
def running(*module: str) -> Iterator[Server]:
    """A server that answers."""
    server = Server(*module)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def resident(pid: int) -> float:
    """Memory of a process, in MiB."""
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(match.group(1)) / 1024 if match else float("nan")


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
