"""Listening at `::` for both kinds of addresses; asyncio by itself takes the newer kind only."""

import socket

from ganplay.server.gradio_import import http_server


class DualStackServer(http_server.Server):
    """Gradio's server; at `::` it has a socket for all addresses of this machine."""

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's own."""
        if sockets is None and self.config.host == "::" and socket.has_dualstack_ipv6():
            place = ("::", self.config.port)
            listener = socket.create_server(place, family=socket.AF_INET6, dualstack_ipv6=True)
            sockets = [listener]
        super().run(sockets)
