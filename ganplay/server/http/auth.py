"""Who asks: a page of ours by its token, the lecturer by the secret.

A token is a random session id with a signature of this process, so that nobody can name a session
that was not given to them, and one from another server is told apart at once.

The lecturer's secret is set in the environment. Who shows it is served first, and may see how the
server is doing. It never travels in an address, which logs and histories keep.
"""

import hashlib
import hmac
import os
import secrets

from starlette.requests import HTTPConnection

_KEY = secrets.token_bytes(32)
VARIABLE = "GANPLAY_TEACHER_SECRET"
"""The environment variable with the secret."""
SECRET = "x-ganplay-secret"
"""The header in which a program shows the secret."""
MIN_SECRET, MAX_SECRET = 12, 200
"""Characters; a shorter or longer secret counts as none."""


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


def teacher_secret() -> str | None:
    """The secret; None if there is none that counts, and then nobody is the lecturer."""
    secret = os.environ.get(VARIABLE, "").strip()
    return secret if MIN_SECRET <= len(secret) <= MAX_SECRET else None


def is_teacher(given: object) -> bool:
    """Whether somebody shows the secret; compared in constant time."""
    secret = teacher_secret()
    if secret is None or not isinstance(given, str) or len(given) > MAX_SECRET:
        return False
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode("utf-8", "replace"))


def shows_secret(connection: HTTPConnection) -> bool:
    """Whether a request shows the lecturer's secret in its header."""
    return is_teacher(connection.headers.get(SECRET))
