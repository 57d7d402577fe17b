"""gradio as ganplay needs it: the one place that imports it, with the environment set for that.

gradio makes HTTP clients when it is imported and asks its own address when it starts. Both follow
the environment's proxies and certificates, which are meant for other servers and may not work here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ganplay.common.paths import home_folder

# What looks for one when it is imported, as `spaces` does, finds one.
os.environ.setdefault("HOME", str(home_folder()))
# It summarises all past events for each new one, which gets slower the longer an app runs.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")

_OTHERWISE = {
    "NO_PROXY": "*", "no_proxy": "*", "SSL_CERT_FILE": None, "SSL_CERT_DIR": None,
    # Read as numbers when it is imported; `address` reads them with words for what is none.
    "GRADIO_SERVER_PORT": None, "GRADIO_NUM_PORTS": None, "GRADIO_SERVER_NAME": None,
}  # fmt: skip


@contextmanager
def own_network() -> Iterator[None]:
    """Meanwhile no proxy and no certificate of the environment is used, then they are again."""
    before = {name: os.environ.get(name) for name in _OTHERWISE}
    _set(_OTHERWISE)
    try:
        yield
    finally:
        _set(before)


def _set(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


with own_network():
    import gradio as gr
    from gradio import http_server, processing_utils, queueing, routes

__all__ = ["gr", "http_server", "own_network", "processing_utils", "queueing", "routes"]
