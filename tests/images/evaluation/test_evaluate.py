import json
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from ganplay.cli import main
from ganplay.cli.evaluate import table
from ganplay.common.seeding import generator_of
from ganplay.images.datasets import ImageData, load
from ganplay.images.evaluation import classifier
from ganplay.images.evaluation import evaluate as evaluation
from ganplay.images.evaluation.classifier import (
    Card,
    Classifier,
    LoadedClassifier,
    heads_of,
    save_classifier,
    train_classifier,
)
from ganplay.images.evaluation.evaluate import EvaluationError, closest_pairs, evaluate
from ganplay.media.contact_sheet import pair_sheet

pytestmark = pytest.mark.usefixtures("one_thread")
PLACES = ("left", "right")


def bars(n=256, seed=0, noise=80):
    """Noise with a bright bar on one side, a third of them left."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(noise, (n, 1, 16, 16), generator=generator, dtype=torch.uint8)
    labels = (torch.arange(n) % 3 > 0).long()
    images[labels == 0, :, :, 2:5] = 220
    images[labels == 1, :, :, 11:14] = 220
    return ImageData(images, labels, PLACES, "none", "make it")


class Model:
    """A picture of the data for each seed (and label)."""

    def __init__(self, data, classes=0, change=lambda images: images):
        self.data, self.classes, self.labels, self.change = data, classes, data.names, change

    def sample(self, seeds, label=None):
        assert (label is not None) == bool(self.classes)
        if label is None:
            return self.change(self.data.images[torch.tensor(seeds) % len(self.data)])
        own = [(self.data.labels == c).nonzero()[:, 0] for c in range(self.classes)]
        chosen = [own[c][s % len(own[c])] for s, c in zip(seeds, label, strict=True)]
        return self.change(self.data.images[torch.stack(chosen)])


TRAIN, TEST, MORE = bars(), bars(60, seed=1), bars(128, seed=2)


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bars")
    model = train_classifier(bars(1024), epochs=4)
    about = {"name": "bars"}
    save_classifier(model, folder, train=TRAIN, test=TEST, about=about, seed=0, epochs=4)
    return classifier.load_classifier(folder)


def untrained(data):
    heads = {name: names for name, (names, _) in heads_of(data).items()}
    _, channels, side, _ = data.images.shape
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = Classifier(channels, side, heads).eval()
    card = Card(
        format="ganplay classifier", version=1, channels=channels, side=side, heads=heads,
        data={"name": "x"}, seed=0, epochs=1, accuracy=dict.fromkeys(heads, 0.5), test_count=1,
    )  # fmt: skip
    return LoadedClassifier(net, card)


def test_real_pictures_reach_the_floor(judge):
    report = evaluate(Model(MORE), TRAIN, TEST, judge, count=60)
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    counts = {"samples": 60, "real": 60, "held_out": 60, "training": 60, "learnt": 256}
    assert report["protocol"].items() >= counts.items()
    assert report["protocol"]["classifier"]["sha256"] == judge.card.sha256
    assert report["frechet"]["samples"] < 3 * report["frechet"]["held_out"]
    for figure in ("precision", "recall", "density", "coverage"):
        assert all(value > 0.7 for value in report[figure].values())
        assert report[figure].keys() == {"samples", "held_out", "training"}
    near = report["memorisation"]["pixels"]
    assert near["samples"]["median"] == pytest.approx(near["held_out"]["median"], rel=0.05)
    assert near["training"]["median"] == pytest.approx(near["held_out"]["median"], rel=0.05)
    assert report["diversity"]["pixels"]["samples"] == pytest.approx(1, abs=0.05)
    assert report["shares"]["data"] == {"left": 86 / 256, "right": 170 / 256}
    assert report["shares"]["samples"] == {"left": 20 / 60, "right": 40 / 60}
    assert "accuracy" not in report  # nothing was asked for
    assert "attributes" not in report
    assert "style" not in report


def test_the_same_seed_gives_the_same_figures(judge):
    first, second, other = (
        evaluate(Model(MORE), TRAIN, TEST, judge, count=40, seed=seed) for seed in (3, 3, 4)
    )
    assert first == second
    assert first["frechet"] != other["frechet"]
    assert first["protocol"]["first_sample_seed"] == 120


def test_what_is_learnt_by_heart_is_seen(judge):
    report = evaluate(Model(TRAIN), TRAIN, TEST, judge, count=40)
    for space in ("pixels", "features"):
        near = report["memorisation"][space]
        assert near["samples"] == {"median": 0, "median_error": 0, "first_percentile": 0}
        assert near["held_out"]["first_percentile"] > 0.01
    closest = report["memorisation"]["closest"]
    assert len(closest) == evaluation.PAIRS
    assert all(pair["distance"] == 0 and pair["place"] == pair["seed"] for pair in closest)


def test_samples_of_one_kind_are_seen(judge):
    def one(images):
        return TRAIN.images[:1].expand(len(images), -1, -1, -1)

    report = evaluate(Model(TRAIN, change=one), TRAIN, TEST, judge, count=60)
    assert report["frechet"]["samples"] > 5 * report["frechet"]["held_out"]
    assert report["coverage"]["samples"] < 0.2
    assert report["shares"]["samples"] == {"left": 1, "right": 0}
    assert report["diversity"]["pixels"]["samples"] == 0
    assert report["diversity"]["pixels"]["by_class"] == {"left": 0, "right": None}


def in_seven_classes(shares, seed):
    """Noise in seven brightnesses, so many pictures of each."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(7).repeat_interleave(torch.tensor(shares))
    noise = torch.randint(30, (len(labels), 1, 16, 16), generator=generator)
    images = (noise + 30 * labels[:, None, None, None]).to(torch.uint8)
    return ImageData(images, labels, tuple("abcdefg"), "none", "make it")


def test_a_perfect_conditional_model_stands_at_the_floor():
    shares = (31, 23, 16, 12, 8, 6, 4)
    train, test, more = (in_seven_classes([4 * s for s in shares], seed) for seed in range(3))
    report = evaluate(Model(more, classes=7), train, test, untrained(train), count=200)
    frechet = report["frechet"]
    assert frechet["samples"] < 2 * max(frechet["held_out"], frechet["training"])
    expected = {name: share / 100 for name, share in zip("abcdefg", shares, strict=True)}
    assert report["protocol"]["shares"] == expected == report["shares"]["data"]
    # The same pictures of each class, but each class equally often, would not.
    even = in_seven_classes([40] * 7, 2)
    apart = evaluate(Model(even), train, test, untrained(train), count=200)["frechet"]["samples"]
    assert apart > 5 * frechet["samples"]


def test_equally_frequent_classes_are_asked_for_as_ever(judge):
    """So the figures on the cards of models of such data stay what they are."""
    asked = []
    model = Model(MORE, classes=2)
    sample = model.sample
    model.sample = lambda seeds, label: asked.append(label) or sample(seeds, label)
    even = TRAIN.subset(torch.cat([(TRAIN.labels == k).nonzero()[:80, 0] for k in (0, 1)]))
    evaluate(model, even, TEST, judge, count=60, seed=3)
    order = torch.randperm(60, generator=generator_of(3, "labels"))
    assert asked[0] == (order % 2).tolist()


def test_labels_that_are_asked_for(judge):
    report = evaluate(Model(MORE, classes=2), TRAIN, TEST, judge, count=60)
    assert report["accuracy"] == {"samples": 1, "held_out": 1, "worst_class": 1}
    # The data's shares, 86 of 256, in whole samples.
    assert report["shares"]["samples"] == {"left": 20 / 60, "right": 40 / 60}
    assert report["protocol"]["labels"] == "each class as often as in the training data"
    assert report["protocol"]["shares"] == report["shares"]["samples"]

    swapped = evaluate(
        Model(MORE, classes=2, change=lambda x: x.flip(3)), TRAIN, TEST, judge, count=60
    )
    assert swapped["accuracy"]["samples"] == 0
    deaf = Model(MORE, classes=2)
    left = MORE.images[MORE.labels == 0]
    deaf.sample = lambda seeds, label: left[torch.tensor(seeds) % len(left)]
    found = evaluate(deaf, TRAIN, TEST, judge, count=60)["accuracy"]
    assert found == {"samples": 20 / 60, "held_out": 1, "worst_class": 0}


def test_samples_beyond_a_chunk_have_labels_and_seeds_of_their_own(judge, monkeypatch):
    """Chunks of seven, of which none begins where the classes do."""
    whole = evaluate(Model(MORE, classes=2), TRAIN, TEST, judge, count=60)
    monkeypatch.setattr(evaluation, "CHUNK", 7)
    model, asked = Model(MORE, classes=2), []
    sample = model.sample

    def seen(seeds, label=None):
        asked.extend(zip(seeds, label, strict=True))
        return sample(seeds, label)

    model.sample = seen
    report = evaluate(model, TRAIN, TEST, judge, count=60)
    assert report == whole
    assert [seed for seed, _ in asked] == list(range(60))
    labels = [label for _, label in asked]
    assert sorted(labels) == [0] * 20 + [1] * 40
    assert labels[:7] * 8 + labels[:4] != labels


def test_the_floor_is_of_other_real_pictures(judge):
    """Held against themselves real pictures would be perfect, which says nothing."""
    report = evaluate(Model(MORE), TRAIN, TEST, judge, count=60)
    for name in ("held_out", "training"):
        assert report["frechet"][name] > 1e-3
        assert report["diversity"]["pixels"][name] != 1
    near = report["memorisation"]["pixels"]
    assert near["held_out"]["first_percentile"] > 0
    assert near["training"]["first_percentile"] > 0  # each without itself
    # The two floors are of different pictures, so they differ by chance and not by much.
    floors = [report["frechet"][name] for name in ("held_out", "training")]
    assert floors[0] != floors[1]
    assert max(floors) < 10 * min(floors)


def test_attributes_of_faces():
    train, test = load("faces", count=60, size=16), load("faces", split="test", count=40, size=16)
    report = evaluate(Model(train), train, test, untrained(train), count=30)
    found = report["attributes"]
    assert found.keys() == train.choices.keys()
    glasses = found["glasses"]
    none = float((train.attributes["glasses"] == 0).double().mean())
    assert glasses["data"]["none"] == pytest.approx(none)
    read, true, floor = (glasses[name] for name in ("samples", "data", "held_out"))
    assert sum(read.values()) == pytest.approx(1)
    for name, (p, q) in {
        "samples": (read, true), "held_out": (floor, true), "from_read": (read, floor)
    }.items():  # fmt: skip
        expected = sum(abs(p[k] - q[k]) for k in p) / 2
        assert glasses["total_variation"][name] == pytest.approx(expected)
    assert report["shares"]["data"] == found["hair"]["data"]


def alphabets(fonts, seed=0, keep=True):
    """Letters as upright bars, of a width and height of the font's or, else, of each letter's."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.zeros(fonts, 26, 1, 16, 16, dtype=torch.uint8)
    for font in range(fonts):
        for letter in range(26):
            if keep and letter:
                images[font, letter] = images[font, 0]
                continue
            wide, lean = torch.randint(1, 5, (2,), generator=generator).tolist()
            for row in range(2, 14):
                start = 4 + (lean * (13 - row)) // 12
                images[font, letter, 0, row, start : start + wide] = 255
    return ImageData(
        images.flatten(0, 1), torch.arange(26).repeat(fonts), tuple(map(chr, range(65, 91))), "",
        "", {"font": torch.arange(fonts).repeat_interleave(26)},
    )  # fmt: skip


def test_style_of_letters(monkeypatch):
    monkeypatch.setattr(evaluation, "STYLES", 40)
    train, test = alphabets(40), alphabets(12, seed=1)
    # A font of which a letter is missing is left out.
    train = train.subset(torch.randperm(40 * 26, generator=torch.Generator().manual_seed(0))[:-1])
    judge = untrained(train)
    report = evaluate(Model(alphabets(40), classes=26), train, test, judge, count=60)
    style = report["style"]
    assert style["alphabets"] == {"samples": 40, "held_out": 12, "training": 39}
    for measure in ("ink_share", "slant"):
        assert style[measure] == pytest.approx(dict.fromkeys(style[measure], 1))
    mixed = Model(alphabets(40, keep=False), classes=26)
    style = evaluate(mixed, train, test, judge, count=60)["style"]
    assert abs(style["slant"]["samples"]) < 0.2
    assert abs(style["ink_share"]["samples"]) < 0.2


def test_few_data_have_no_second_reference(judge):
    report = evaluate(Model(MORE), TRAIN, TEST, judge, count=200)
    assert report["frechet"].keys() == {"samples", "held_out"}
    assert (report["protocol"]["training"], report["protocol"]["held_out"]) == (0, 60)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"count": 9}, "count 9: 10 to"),
        ({"seed": -1}, "seed -1"),
        ({"test": TEST.subset(torch.arange(5))}, "5 test pictures: at least 10"),
        ({"train": load("faces", count=20, size=16)}, "training pictures of 3x16x16"),
        ({"test": ImageData(TEST.images, TEST.labels, ("a", "b"), "", "")}, "other classes"),
        ({"model": Model(ImageData(TEST.images, TEST.labels, ("a", "b"), "", ""), classes=2)},
         "the model has other classes"),
        ({"model": Model(MORE, change=lambda x: x[:, :, :8])}, "samples of 1x8x16"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(judge, changes, words):
    arguments = {"model": Model(MORE), "train": TRAIN, "test": TEST, "count": 20, "seed": 0}
    with pytest.raises(EvaluationError, match=words):
        evaluate(classifier=judge, **(arguments | changes))


def test_pairs_are_drawn(judge):
    model = Model(TRAIN, classes=2)
    report = evaluate(model, TRAIN, TEST, judge, count=20)
    picture = closest_pairs(model, TRAIN, report)
    assert picture.mode == "RGB"
    pair = report["memorisation"]["closest"][0]
    expected = Image.fromarray(TRAIN.images[pair["place"], 0].numpy()).resize((32, 32), 0)
    for left in (4, 36):  # the sample, a copy here, and the training picture
        assert picture.crop((left, 2, left + 32, 34)).convert("L").tobytes() == expected.tobytes()


def test_pair_sheet_keeps_pairs_apart():
    white = torch.full((3, 3, 4, 4), 255, dtype=torch.uint8)
    sheet = pair_sheet(white, torch.zeros_like(white), ["", "", ""], zoom=1)
    assert sheet.size == (2 * 16, 2 * 20)
    assert [sheet.getpixel((x, 4))[0] for x in (3, 4, 7, 8, 11, 12)] == [128, 255, 255, 0, 0, 128]


# The command


@pytest.fixture
def here(judge, monkeypatch, tmp_path):
    """A model `bars` that `ganplay.load` knows, its data and its classifier."""
    kept = []

    class Trained(Model):
        card = SimpleNamespace(
            name="bars", sha256="ab", shape=(1, 16, 16), data=SimpleNamespace(name="bars", count=99)
        )

        def with_card(self, *, metrics):
            return SimpleNamespace(save_pretrained=lambda folder: kept.append((folder, metrics)))

    def load_data(name, root, split, size, *, count, **places):
        assert (name, size, count) == ("bars", 16, 99 if split == "train" else None)
        assert places == {"cache": None, "left_out": None, "max_unreadable": 0.1}
        return TRAIN if split == "train" else TEST

    monkeypatch.setattr("ganplay.cli.evaluate.load_model", lambda name: Trained(MORE))
    monkeypatch.setattr("ganplay.cli.evaluate.load", load_data)
    only = SimpleNamespace(load_classifier=lambda folder: judge)
    monkeypatch.setattr("ganplay.cli.evaluate.classifier", only)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bars").mkdir()
    return kept


def test_command_reports_and_keeps(here, capsys):
    arguments = ["eval", "bars", "--count", "60", "--seed", "2"]
    assert main([*arguments, "--json", "--pairs", "pairs.png", "--write"]) == 0
    report = json.loads(capsys.readouterr().out)
    expected = evaluate(Model(MORE), TRAIN, TEST, evaluation_judge(), count=60, seed=2)
    assert report == {"model": {"name": "bars", "sha256": "ab"}} | expected
    assert [(str(folder), metrics) for folder, metrics in here] == [("bars", report)]
    assert Image.open("pairs.png").size[0] > 100


def evaluation_judge():
    from ganplay.cli import evaluate as evaluation_cli

    return evaluation_cli.classifier.load_classifier("bars")


def test_command_prints_a_table(here, capsys):
    assert main(["eval", "bars", "--count", "60"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["samples", "held_out", "training"]
    assert len({len(line) for line in lines}) == 1
    rows = {" ".join(line.split()[:-3]): line.split()[-3:] for line in lines[1:]}
    assert rows["protocol"] == ["60", "60", "60"]
    assert rows["shares left"][0] == f"{20 / 60:.4g}"
    assert {"frechet", "coverage", "diversity pixels", "memorisation pixels median"} <= rows.keys()
    assert here == []


def test_table_is_short():
    shares = {"a": 0.5, "b": 0.5}
    variation = {"samples": 0.01, "held_out": 0.02, "from_read": 0.03}
    report = {
        "shares": {"samples": shares, "data": shares},
        "attributes": {"skin": {"samples": shares, "data": shares, "total_variation": variation}},
        "memorisation": {"pixels": {"samples": {"median_error": None}}, "closest": [{"seed": 1}]},
    }
    rows = [line.split() for line in table(report).splitlines()]
    assert rows == [
        ["samples", "held_out", "training"],
        ["shares", "a", "0.5", "-", "-"],
        ["shares", "b", "0.5", "-", "-"],
        ["attributes", "skin", "total", "variation", "0.01", "0.02", "-"],
        ["memorisation", "pixels", "median", "error", "-", "-", "-"],
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--count", "9"], "--count"),
        (["--pairs", "x.gif"], "ends in .png"),
        (["--pairs", "no/x.png"], "no such folder"),
        (["--seed", "x"], "--seed"),
        (["--write"], "--write: other is no folder here"),
    ],
)
def test_command_tells_what_is_wrong(here, arguments, words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["eval", "other", *arguments])
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_command_tells_where_classifiers_come_from(here, monkeypatch, capsys):
    monkeypatch.setattr("ganplay.cli.evaluate.classifier", classifier)
    with pytest.raises(SystemExit):
        main(["eval", "bars"])
    error = capsys.readouterr().err
    assert "`ganplay classifier --data bars --out DIR` trains one" in error
