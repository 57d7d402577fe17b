"""`ganplay export`: names that people give, licences, and the line that trains a model again."""

import shlex

import pytest
import torch
from helpers.pictures import about, run_train, train, trainer, write_pictures
from huggingface_hub import ModelCard
from safetensors.torch import load_file

from ganplay.cli import main
from ganplay.images.checkpoint import load, model_of_run
from ganplay.images.checkpoint.card import MAX_NAME, Data, check_labels, check_name, name_from
from ganplay.images.runs import Run, RunError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("My Cats", "my-cats"), ("cats_v2.1", "cats-v2-1"), ("Café--au lait!", "cafe-au-lait"),
        ("already-fine", "already-fine"), ("我的猫", ""), ("-_-", ""),
        ("x" * 90, "x" * MAX_NAME), ("y" * 79 + " z", "y" * 79),
    ],
)  # fmt: skip
def test_a_folder_s_name_becomes_one_that_a_model_can_have(folder, name):
    assert name_from(folder) == name
    if name:
        check_name(name)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a" * 61], r"class 'a{60}\.\.\.': its name has 61 letters; 1 to 60 are possible"),
        (["fine", ""], "class '': its name has 0 letters"),
        ([str(i) for i in range(1001)], "1,001 classes: at most 1,000 are possible"),
    ],
)
def test_classes_that_no_card_can_name(names, words):
    check_labels(["a" * 60, "b"])
    with pytest.raises(ValueError, match=words):
        check_labels(names)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home folder with pictures and a run that has learnt twenty of them."""
    place = tmp_path_factory.mktemp("home")
    data = write_pictures(place / "my pictures")
    assert run_train(data, place / "run", "--steps", 2, "--count", 20) == 0
    return place


def exported(home, folder, *more):
    assert main(["export", str(home / "run"), str(folder), *more]) == 0
    return load(folder).card, (folder / "README.md").read_text()


def test_a_model_may_lie_in_a_folder_of_any_name(home, tmp_path, capsys):
    card, page = exported(home, tmp_path / "My Cats")
    assert card.name == "my-cats"
    assert "# my-cats\n" in page
    card, _ = exported(home, tmp_path / "我的猫", "--name", "cats")
    assert card.name == "cats"
    capsys.readouterr()
    for arguments, words in (
        ([tmp_path / "猫"], "no model can be called '猫', as lower-case letters"),
        ([tmp_path / "x", "--name", "My Cats"], "name 'My Cats': lower-case letters, digits and"),
    ):
        with pytest.raises(SystemExit):
            main(["export", str(home / "run"), *map(str, arguments)])
        told = capsys.readouterr().err
        assert words in told
        assert "String should" not in told


@pytest.mark.parametrize(
    ("licence", "known"),
    [
        ((), ("unknown", None)),
        (("--licence", "CC BY 4.0"), ("cc-by-4.0", None)),
        (("--license", "mit"), ("mit", None)),
        (("--licence", 'ask: "me"'), ("other", 'ask: "me"')),
    ],
)
def test_nobody_s_pictures_are_said_to_be_under_ganplay_s_licence(
    home, tmp_path, capsys, licence, known
):
    card, page = exported(home, tmp_path / "cats", *licence, "--data-licence", "from my camera")
    on_hub = ModelCard(page).data
    assert (on_hub.license, on_hub.license_name) == known
    assert card.data.licence == "from my camera"
    assert ("licence: unknown" in capsys.readouterr().out) == (not licence)
    assert main(["info", str(tmp_path / "cats")]) == 0
    assert f"licence: {card.terms}\n" in capsys.readouterr().out


def test_a_licence_of_two_lines_is_refused(home, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["export", str(home / "run"), str(tmp_path / "x"), "--licence", "mit\ntags: [x]"])
    assert "licence" in capsys.readouterr().err


def test_the_line_on_the_card_trains_the_same_model(home, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    card, page = exported(home, tmp_path / "bars")
    assert (card.data.root, card.data.asked, card.data.count) == (("~/my pictures",), 20, 20)
    assert str(home) not in page  # which would say who somebody is
    words = shlex.split(card.command())
    assert card.command() in page
    assert main([*words[1:], "--device", "cpu"]) == 0
    ours, again = (
        load_file(run / "state.safetensors") for run in (home / "run", tmp_path / "runs" / "bars")
    )
    assert ours.keys() == again.keys()
    assert all(torch.equal(tensor, again[name]) for name, tensor in ours.items())


def test_flags_that_name_the_pictures():
    of = {"count": 9, "licence": "", "how_to_get": ""}
    assert Data(name="faces", **of).flags() == []
    assert Data(name="digits", **of).flags() == ["--data-root", "data"]
    told = Data(name="letters", root=("a", "b c"), asked=7, max_unreadable=0.5, **of)
    assert told.flags() == ["--data-root", "a", "--data-root", "b c", "--count", "7",
                            "--max-unreadable", "0.5"]  # fmt: skip


def test_a_run_of_before_with_names_that_no_card_can_have(tmp_path):
    made, run = trainer(), Run(tmp_path)
    train(made, run, 1)
    for change, words in (
        ({"names": ["a" * 75, "b"]}, r"class 'a+\.\.\.': its name has 75 .*run.json has it under"),
        ({"name": "My Pictures"}, r"name 'My Pictures': "),
        ({"threads": 0}, r"threads 0: "),
    ):
        run.describe(made.config, about(made) | change)
        with pytest.raises(RunError, match=words):
            model_of_run(run, "bars")


def test_letters_of_somebody_s_fonts_are_not_said_to_be_ours(tmp_path):
    made, run = trainer(), Run(tmp_path)
    train(made, run, 1)
    for root, terms in (([], "mit"), (["my-fonts"], "unknown")):
        run.describe(made.config, about(made) | {"name": "letters", "root": root})
        assert model_of_run(run, "bars").card.terms == terms


def test_a_class_whose_name_has_quotes_is_told_right(tmp_path):
    made, run = trainer(conditional=True), Run(tmp_path)
    train(made, run, 1)
    run.describe(made.config, about(made) | {"names": ["lying", 'so "standing"']})
    page = str(model_of_run(run, "bars").generate_model_card())
    assert 'label="so \\"standing\\"")' in page
