"""Signatures by which a server knows again what it has said itself.

They are HMAC-SHA-256 over canonical JSON. The key stems from the operator's secret, so that it
outlives the process and others who know the secret can check; without one it is made at the start
of the process, and what it has signed can be checked until the process ends.
"""

import functools
import hashlib
import hmac
import json
import secrets
from typing import Any, Literal

SALT = b"ganplay signatures 1"
COST = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26}
"""Of scrypt: 32 MiB and a tenth of a second. Who has a signed file can try secrets on it at home;
each try costs as much."""
Purpose = Literal["key", "report", "run"]
"""What is signed: a signature made for one purpose does not hold for another."""


def canonical(content: Any) -> bytes:
    """Plain data as the one JSON text that is signed: sorted keys, ASCII, no spaces.

    Raises:
        ValueError: for NaN and infinity.
    """
    text = json.dumps(content, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return text.encode("ascii")


class SigningKey:
    """Signs plain data and checks signatures.

    Args:
        master: random bytes, or what was derived from a secret.
        lasting: whether the key is there again after a restart.
    """

    def __init__(self, master: bytes, lasting: bool) -> None:
        self._master, self.lasting = master, lasting
        self.id = self.sign("key", "")[:16]
        """Names the key without telling it."""

    def sign(self, purpose: Purpose, content: Any) -> str:
        """The signature, as 64 hexadecimal digits."""
        key = hmac.digest(self._master, purpose.encode(), "sha256")
        return hmac.new(key, canonical(content), hashlib.sha256).hexdigest()

    def verifies(self, purpose: Purpose, content: Any, signature: str) -> bool:
        """Whether this key has signed just that; compared in constant time."""
        try:
            right = self.sign(purpose, content)
        except (ValueError, RecursionError):
            return False
        return hmac.compare_digest(right.encode(), signature.encode("utf-8", "replace"))


def key_of(secret: str | None) -> SigningKey:
    """The key of an operator's secret; without one that of this process."""
    return _random() if secret is None else _derived(secret)


@functools.cache
def _random() -> SigningKey:
    return SigningKey(secrets.token_bytes(32), lasting=False)


@functools.lru_cache(4)
def _derived(secret: str) -> SigningKey:
    master = hashlib.scrypt(secret.encode("utf-8", "replace"), salt=SALT, dklen=32, **COST)
    return SigningKey(master, lasting=True)
