"""Where the app listens and what is said of it, without starting it."""

import errno
import os
import socket

import httpx
import pytest

from ganplay.server import address
from ganplay.server.address import AddressError, listening, own_address, root_path
from ganplay.server.gradio_import import own_network
from ganplay.server.http.dual_stack import DualStackServer

VARIABLES = ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_NUM_PORTS", "GRADIO_ROOT_PATH")
both = pytest.mark.skipif(
    not socket.has_dualstack_ipv6(), reason="this machine has one kind of addresses"
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def taken():
    """A port at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def fails_with(monkeypatch, number):
    def bind(self, place):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(address.socket.socket, "bind", bind)


@pytest.mark.parametrize(
    ("host", "at", "here"),
    [
        (None, "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost", "localhost"),
        ("0.0.0.0", "0.0.0.0", "localhost"),
        ("0", "0.0.0.0", "localhost"),
        pytest.param("::", "[::]", "localhost", marks=both),
        pytest.param("[::]", "[::]", "localhost", marks=both),
        pytest.param("::1", "[::1]", "[::1]", marks=both),
    ],
)  # fmt: skip
def test_where_it_listens_and_what_that_is_called_here(host, at, here):
    found = listening(host, 0)
    assert found.host == at
    assert found.port > 0
    assert found.here == f"http://{here}:{found.port}/"
    assert httpx.URL(found.here).port == found.port
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(address, "own_address", lambda host: "198.51.100.7")
        everywhere = at in ("0.0.0.0", "[::]")
        assert found.url == (f"http://198.51.100.7:{found.port}/" if everywhere else found.here)
        patch.setattr(address, "own_address", lambda host: "2001:db8::7")
        assert found.url == (f"http://[2001:db8::7]:{found.port}/" if everywhere else found.here)
        patch.setattr(address, "own_address", lambda host: None)  # in no network
        assert found.url == found.here


def test_a_machine_knows_its_address_without_asking():
    found = own_address()
    assert found is None or not found.startswith("127.")
    assert found is None or socket.getaddrinfo(found, 1)


def test_without_a_port_the_first_free_one_is_taken(monkeypatch, taken):
    monkeypatch.setenv("GRADIO_SERVER_PORT", str(taken))
    assert taken < listening().port <= taken + 100
    monkeypatch.setenv("GRADIO_NUM_PORTS", "1")
    with pytest.raises(AddressError, match=f"port: none from {taken} to {taken} is free"):
        listening()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost", None])
def test_a_port_in_use_is_named(taken, host):
    with pytest.raises(AddressError, match=f"port: {taken} is in use by another program"):
        listening(host, taken)


@pytest.mark.parametrize("port", [-1, 65_536, 99_999, 10**30])
def test_a_port_that_cannot_be_is_named(port):
    with pytest.raises(AddressError, match=f"^port: {port} is not possible; a whole number from 0"):
        listening(None, port)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "port: 80 is for administrators; take one from 1024 on"),
        (errno.EADDRNOTAVAIL, "host: '127.0.0.1' is no address of this machine; 127.0.0.1 is for"),
        (errno.EAFNOSUPPORT, "host: '127.0.0.1' needs IPv6, which this machine does not have"),
        (errno.ENOMEM, r"host: '127.0.0.1' cannot be listened at \(Cannot allocate memory\)"),
    ],
)
def test_what_the_system_refuses_is_told_in_words(monkeypatch, number, words):
    fails_with(monkeypatch, number)
    with pytest.raises(AddressError, match=words):
        listening("127.0.0.1", 80)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("nosuch.invalid", "host: 'nosuch.invalid' is not known; 127.0.0.1 is for this machine"),
        ("http://0.0.0.0", "is not known"),
        ("a..b", "is not known"),
        ("x" * 300, "is not known"),
        ("fe80::1%eth0", "an address without a zone"),
    ],
)
def test_a_host_that_nobody_knows_is_named(host, words):
    for give in (lambda: listening(host), lambda: listening(host, 7860)):
        with pytest.raises(AddressError, match=words):
            give()


@pytest.mark.parametrize("name", ["GRADIO_SERVER_PORT", "GRADIO_NUM_PORTS"])
@pytest.mark.parametrize("text", ["abc", "-1", "0", "99999", "7860.5", "٣"])
def test_a_variable_that_is_no_number_is_named(monkeypatch, name, text):
    monkeypatch.setenv(name, text)
    with pytest.raises(AddressError, match=f"^{name}: .* is not possible; a whole number from 1"):
        listening()
    assert listening(port=0).port  # which does not need to know


def test_gradios_variable_names_the_host(monkeypatch):
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    assert listening(port=0).everywhere
    assert not listening("127.0.0.1", 0).everywhere
    monkeypatch.setenv("GRADIO_SERVER_NAME", "nosuch.invalid")
    with pytest.raises(AddressError, match=r"nosuch\.invalid"):
        listening()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("lab", "/lab"), ("/lab", "/lab"), ("/lab/", "/lab"), ("lab/gan", "/lab/gan"), ("", ""),
        ("/", ""), (None, ""), ("https://example.org/lab/", "https://example.org/lab"),
        ("http://example.org:8080", "http://example.org:8080"), ("//lab//", "/lab"),
    ],
)  # fmt: skip
def test_a_path_has_its_slash_in_front(monkeypatch, text, path):
    assert root_path(text) == path
    monkeypatch.setenv("GRADIO_ROOT_PATH", "teaching/")
    assert root_path(None) == "/teaching"


@pytest.mark.parametrize(
    "text", ["my lab", "lab?x", "lab#x", "../lab", "/a/../b", "<b>", "ftp://x/y"]
)
def test_what_is_no_path_is_refused(text):
    with pytest.raises(AddressError, match=r"root-path: .* is not possible; a path such as /lab"):
        root_path(text)


@both
def test_everywhere_means_both_kinds_of_addresses(monkeypatch):
    heard = []
    monkeypatch.setattr(
        "uvicorn.Server.run", lambda self, sockets=None: heard.extend(sockets or [])
    )

    class Config:
        app, port = None, listening("::", 0).port

    for host, count in (("127.0.0.1", 0), ("::", 1)):
        Config.host = host
        server = DualStackServer.__new__(DualStackServer)
        server.config = Config
        server.run()
        assert len(heard) == count
    with heard[0]:
        for near in ("127.0.0.1", "::1"):
            socket.create_connection((near, Config.port), timeout=5).close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PROXY", "http://127.0.0.1:9"), ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("all_proxy", "nonsense://"), ("SSL_CERT_FILE", "/nowhere"), ("no_proxy", "example.org"),
    ],
)  # fmt: skip
def test_the_app_asks_itself_without_what_is_meant_for_other_servers(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    before = dict(os.environ)
    with own_network(), httpx.Client() as client:
        assert not any(client._mounts.values())
    assert dict(os.environ) == before
