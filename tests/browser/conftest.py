"""Fixtures of the page's tests."""

import pytest
from helpers.explore_page import MODEL

import ganplay


@pytest.fixture(scope="module")
def model():
    return ganplay.load(MODEL)
