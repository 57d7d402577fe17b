import pytest

from ganplay.server.http import auth
from ganplay.server.http.auth import is_teacher

SECRET = "open sesame, 打开"


@pytest.fixture
def kept(monkeypatch):
    monkeypatch.setenv(auth.VARIABLE, SECRET)


def test_who_shows_the_secret_is_the_lecturer(kept):
    assert is_teacher(SECRET)


@pytest.mark.parametrize(
    "given", ["", SECRET[:-1], SECRET + " ", SECRET.upper(), None, 1, True, [SECRET], "x" * 10**6,
              "\ud800" * 15]
)  # fmt: skip
def test_nobody_else_is(kept, given):
    assert not is_teacher(given)


@pytest.mark.parametrize("secret", [None, "", "   ", "short", " 12345678901 ", "x" * 201])
def test_without_a_secret_that_counts_nobody_is(monkeypatch, secret):
    monkeypatch.delenv(auth.VARIABLE, raising=False)
    if secret is not None:
        monkeypatch.setenv(auth.VARIABLE, secret)
    assert auth.teacher_secret() is None
    assert not is_teacher(secret)
    assert not is_teacher("")
