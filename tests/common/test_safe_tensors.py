"""What is refused of a file's header before anything else is read."""

import json

import pytest
import torch
from safetensors.torch import save

from ganplay.common.safe_tensors import (
    CheckpointError,
    TensorSpec,
    check_finite,
    check_kind,
    content,
    header,
    tensors_of,
)

SPECS = {"a": TensorSpec((2, 3)), "b": TensorSpec((4,), torch.uint8)}


def good(**changes):
    return save({"a": torch.ones(2, 3), "b": torch.ones(4, dtype=torch.uint8)} | changes)


def with_length(length, rest=b"{}"):
    return length.to_bytes(8, "little") + rest


def code(function, *given):
    with pytest.raises(CheckpointError) as refused:
        function(*given)
    return refused.value.code


def test_what_fits_is_read():
    found = tensors_of(good(), SPECS, 1000)
    assert found["a"].equal(torch.ones(2, 3))
    assert found["b"].dtype == torch.uint8


def test_a_header_is_read_up_to_its_bound_and_not_a_byte_beyond():
    text = json.dumps({"x": "y" * 100}).encode()
    data = with_length(len(text), text)
    assert header(data, len(text)) == json.loads(text)
    assert code(header, data, len(text) - 1) == "format"
    entries = len(good()) - 8 - 24 - 4  # without its length and its ten numbers
    assert tensors_of(good(), SPECS, entries)
    assert code(tensors_of, good(), SPECS, entries - 1) == "format"


@pytest.mark.parametrize("length", [0, 1, 3, 2**31, 2**63, 2**64 - 1])
def test_a_header_of_an_impossible_length_is_refused(length):
    assert code(header, with_length(length), 10**12) == "format"


@pytest.mark.parametrize("text", [b"[]", b"1", b"nul", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_header_that_is_no_object_is_refused(text):
    assert code(header, with_length(len(text), text), 10**6) == "format"


@pytest.mark.parametrize("data", [b"", b"\0" * 7])
def test_a_file_without_a_header_is_refused(data):
    assert code(header, data, 100) == "format"


@pytest.mark.parametrize(
    "changes",
    [
        {"a": torch.ones(3, 2)},
        {"a": torch.ones(2, 3, dtype=torch.float64)},
        {"b": torch.ones(4)},
        {"c": torch.ones(1)},
    ],
)
def test_tensors_of_another_kind_or_name_are_refused(changes):
    assert code(tensors_of, good(**changes), SPECS, 1000) == "tensors"


def test_a_tensor_that_is_missing_is_named():
    with pytest.raises(CheckpointError, match="b is missing"):
        tensors_of(save({"a": torch.ones(2, 3)}), SPECS, 1000)
    assert code(check_kind, "a", None, SPECS["a"]) == "tensors"
    assert code(check_kind, "a", torch.ones(3, 2), SPECS["a"]) == "tensors"


@pytest.mark.parametrize("number", [torch.nan, torch.inf, -torch.inf])
def test_numbers_that_are_none_are_refused(number):
    a = torch.ones(2, 3)
    a[1, 2] = number
    assert code(tensors_of, good(a=a), SPECS, 1000) == "finite"
    assert code(check_finite, {"a": a}) == "finite"


def test_a_file_is_not_read_beyond_its_bound(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert content(path, 5) == b"12345"
    assert code(content, path, 4) == "size"
