"""The one parser of `1;name:value` strings."""

from ganplay.common.state_string import no_value, split_state, too_long, typed


def test_pieces_come_in_order_and_values_may_hold_colons():
    pieces, problems = split_state(" 1;seed:5;;own:2*a:b;loose; ", "1", "state")
    assert pieces == [("seed", "5"), ("own", "2*a:b"), ("loose", None)]
    assert problems == []
    assert no_value("loose").code == "state_piece"


def test_another_version_is_told_and_its_pieces_are_kept():
    pieces, (problem,) = split_state("2;seed:5", "1", "walk")
    assert pieces == [("seed", "5")]
    assert (problem.field, problem.value, problem.code) == ("walk", "2", "walk_version")
    pieces, (problem,) = split_state("seed:5;step:3", "1", "state")
    assert pieces == [("seed", "5"), ("step", "3")]
    assert problem.code == "state_version"


def test_a_string_that_is_too_long_is_told_by_its_beginning():
    problem = too_long("x" * 9000, "state", "8000 characters")
    assert (problem.value, problem.code) == ("x" * 40, "state_long")
    assert problem.allowed == "at most 8000 characters are possible"


def test_a_text_has_its_type_where_it_fits():
    assert typed(bool, "True") is True
    assert typed(int, "07") == 7
    assert typed(float, "1e-3") == 0.001
    assert [typed(bool, "1"), typed(int, "7.5"), typed(str, "relu")] == ["1", "7.5", "relu"]
