"""What all routes share: guards, limits, bodies, streams, sockets, logs."""
