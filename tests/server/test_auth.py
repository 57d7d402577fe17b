import pytest

from ganplay.server.http import auth
from ganplay.server.http.auth import is_teacher

# ---- tokens of pages -----------------------------------------------------------------------------


def test_a_token_stands_for_its_session_and_no_two_are_alike():
    tokens = {auth.issue() for _ in range(100)}
    assert len({auth.session_of(token) for token in tokens}) == 100
    assert None not in map(auth.session_of, tokens)


def test_a_token_that_was_changed_stands_for_nothing():
    token = auth.issue()
    session, signature = token.split(".")
    other = auth.issue().split(".")[1]
    for wrong in (session, f"{session}.", f"{session}.{other}", f".{signature}", token + "x",
                  token[:-1], f"x{token}", token.upper(), f" {token}", "", None, 5, [token],
                  token.encode(), f"{token}é"):  # fmt: skip
        assert auth.session_of(wrong) is None


def test_a_token_is_short_even_if_it_is_signed():
    """A long one would be hashed, and kept as the name of a session."""

    def signed(session):
        return f"{session}.{auth._signature(session)}"

    assert auth.session_of(signed("x" * 60)) == "x" * 60
    assert len(signed("x" * 68)) == 101
    for length in (68, 1000, 10**6):
        assert auth.session_of(signed("x" * length)) is None


# ---- the lecturer's secret -----------------------------------------------------------------------

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
