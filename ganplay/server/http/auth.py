"""Tokens that a page is given when it loads and shows when it asks for its session.

A token is a random session id with a signature of this process, so that nobody can name a session
that was not given to them, and one from another server is told apart at once.
"""

import hashlib
import hmac
import secrets

_KEY = secrets.token_bytes(32)


def _signature(session_id: str) -> str:
    return hmac.new(_KEY, session_id.encode(), hashlib.sha256).hexdigest()[:32]


def issue() -> str:
    """A token for a new session."""
    session_id = secrets.token_urlsafe(18)
    return f"{session_id}.{_signature(session_id)}"


def session_of(token: object) -> str | None:
    """The session that a token stands for; None if it is not one of ours."""
    if not isinstance(token, str) or len(token) > 100 or not token.isascii():
        return None
    session_id, _, signature = token.partition(".")
    genuine = hmac.compare_digest(signature, _signature(session_id))
    return session_id if genuine else None
