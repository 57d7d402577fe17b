"""Where the app listens, by which address it is reached, and why it cannot be.

Host, port and path come from flags or from Gradio's environment variables. They are tried before
gradio is imported, which takes seconds, and what cannot be is told in words.
"""

import errno
import os
import re
import socket
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from typing import NamedTuple, NoReturn

FIRST_PORT, TRIED_PORTS, LAST_PORT = 7860, 100, 65_535
"""Without a port the first free one of so many is taken."""
_PATH = re.compile(r"(https?://[^/?#\s]+)?[\w\-.~%/]*", re.ASCII)
_WHERE = "127.0.0.1 is for this machine alone, 0.0.0.0 and :: are for all its network"
_FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses of documents only: no machine has them, but a machine knows which way they would be."""


class AddressError(ValueError):
    """The app cannot listen where it was told to; the words say why."""


class Address(NamedTuple):
    """Where the app listens.

    Attributes:
        host: a name or an address, of the newer kind in brackets as in a URL.
        port: a free one.
    """

    host: str
    port: int

    @property
    def everywhere(self) -> bool:
        """Whether that is all addresses of this machine."""
        return self.host in ("0.0.0.0", "[::]")

    @property
    def here(self) -> str:
        """The page's URL on this machine."""
        return f"http://{'localhost' if self.everywhere else self.host}:{self.port}/"

    @property
    def url(self) -> str:
        """The page's URL for those who are to reach it; others in the network where they can."""
        own = own_address(self.host) if self.everywhere else None
        return f"http://{_in_url(own)}:{self.port}/" if own else self.here


def own_address(host: str = "0.0.0.0") -> str | None:
    """This machine's address in its network, if it is in one; nothing is sent to find it.

    Args:
        host: "0.0.0.0" for an address of the older kind only.
    """
    for family, far in _FAR[: 1 if host == "0.0.0.0" else 2]:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))
            found = str(probe.getsockname()[0])
            if not ip_address(found.split("%")[0]).is_loopback:
                return found
    return None


def listening(host: str | None = None, port: int | None = None) -> Address:
    """Where the app can listen.

    Args:
        host: a name or an address; by default what GRADIO_SERVER_NAME says, or 127.0.0.1.
        port: by default the first free one from GRADIO_SERVER_PORT on, or from 7860 on.

    Raises:
        AddressError: if it cannot; it names the host or the port, and what is possible.
    """
    host = host or os.environ.get("GRADIO_SERVER_NAME", "").strip() or "127.0.0.1"
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    ports: Iterable[int] = [port] if port is not None else _usual_ports()
    if port is not None and not 0 <= port <= LAST_PORT:
        raise AddressError(f"port: {port} is not possible; a whole number from 0 to {LAST_PORT}")
    places = _places(host)
    for tried in ports:
        with suppress(BlockingIOError):
            return Address(_in_url(_plain(host, places)), _bound(host, places, tried))
    if port is not None:
        raise AddressError(f"port: {port} is in use by another program; choose another one")
    raise AddressError(f"port: none from {min(ports)} to {max(ports)} is free; choose another one")


def root_path(text: str | None) -> str:
    """The path under which a proxy shows the app, as Gradio takes it: with / in front only.

    Args:
        text: such as "lab", "/lab/" or "https://example.org/lab"; by default GRADIO_ROOT_PATH.

    Raises:
        AddressError: if it is no path.
    """
    text = (os.environ.get("GRADIO_ROOT_PATH", "") if text is None else text).strip().rstrip("/")
    if not _PATH.fullmatch(text) or ".." in text.split("/"):
        raise AddressError(f"root-path: {text[:40]!r} is not possible; a path such as /lab")
    return text if text.startswith("http") and "://" in text else f"/{text.strip('/')}".rstrip("/")


def _usual_ports() -> range:
    first, count = (
        _number("GRADIO_SERVER_PORT", FIRST_PORT),
        _number("GRADIO_NUM_PORTS", TRIED_PORTS),
    )
    return range(first, min(first + max(count, 1), LAST_PORT + 1))


def _number(variable: str, default: int) -> int:
    text = os.environ.get(variable, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= LAST_PORT):
        raise AddressError(
            f"{variable}: {text[:40]!r} is not possible; a whole number from 1 to {LAST_PORT}"
        )
    return int(text)


def _places(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """The addresses that a host's name stands for."""
    if "%" in host:
        raise AddressError(f"host: {host!r} is not possible; an address without a zone is needed")
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        raise AddressError(f"host: {host!r} is not known; {_WHERE}") from None
    return list(dict.fromkeys((family, str(at[0])) for family, _, _, _, at in found))


def _plain(host: str, places: list[tuple[socket.AddressFamily, str]]) -> str:
    """All addresses of this machine have more names than one, such as 0 and ::0."""
    unspecified = [at for _, at in places if ip_address(at.split("%")[0]).is_unspecified]
    return unspecified[0] if unspecified else host


def _bound(host: str, places: list[tuple[socket.AddressFamily, str]], port: int) -> int:
    """The port, if it is free at all these addresses; of port 0 one that is.

    Raises:
        BlockingIOError: if it is in use.
        AddressError: if it cannot be had for another reason.
    """
    with ExitStack() as held:
        for family, at in places:
            try:
                probe = held.enter_context(socket.socket(family))
                if os.name == "posix":  # elsewhere it would take the port from who has it
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(at != "::"))
                probe.bind((at, port))
            except OSError as error:
                _refuse(error, host, port)
            port = port or probe.getsockname()[1]
    return port


def _refuse(error: OSError, host: str, port: int) -> NoReturn:
    if error.errno == errno.EADDRINUSE:
        raise BlockingIOError from None
    if error.errno in (errno.EACCES, errno.EPERM):
        raise AddressError(f"port: {port} is for administrators; take one from 1024 on") from None
    why = {
        errno.EADDRNOTAVAIL: "is no address of this machine",
        errno.EAFNOSUPPORT: "needs IPv6, which this machine does not have",
    }.get(error.errno or 0, f"cannot be listened at ({error.strerror or error})")
    raise AddressError(f"host: {host!r} {why}; {_WHERE}") from None


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
