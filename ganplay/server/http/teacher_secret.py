"""The lecturer's secret: who shows it is served first, and may see how the server is doing.

It is set in the environment. It never travels in an address, which logs and histories keep.
"""

import hmac
import os

VARIABLE = "GANPLAY_TEACHER_SECRET"
HEADER = "x-ganplay-secret"
"""What it travels in where a program shows it."""
SHORTEST, LONGEST = 12, 200
"""Characters; a shorter one counts as none."""


def teacher_secret() -> str | None:
    """The secret; None if there is none that counts, and then nobody is the lecturer."""
    secret = os.environ.get(VARIABLE, "").strip()
    return secret if SHORTEST <= len(secret) <= LONGEST else None


def is_teacher(given: object) -> bool:
    """Whether somebody shows the secret; compared in constant time."""
    secret = teacher_secret()
    if secret is None or not isinstance(given, str) or len(given) > LONGEST:
        return False
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode("utf-8", "replace"))
