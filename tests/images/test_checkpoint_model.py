"""Checkpoints of image models: exported from runs, read again, refused when they are hostile."""

import hashlib
import json
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers.pictures import about, model_in, run_train, train, trainer, write_pictures
from PIL import Image
from safetensors.torch import load_file, save
from torch.utils._python_dispatch import TorchDispatchMode

import ganplay
from ganplay.cli import main
from ganplay.cli.main import build_parser
from ganplay.common.safe_tensors import CheckpointError
from ganplay.images.checkpoint import ImageModel, bundled, load, model_of_run
from ganplay.images.checkpoint import (
    model as image,
)
from ganplay.images.checkpoint.card import Card
from ganplay.images.checkpoint.model import networks_of
from ganplay.images.config import ImageConfig
from ganplay.images.latent_state import LatentState
from ganplay.images.models.blocks import MINIBATCH
from ganplay.images.models.dcgan import NORMS_D, DcganDiscriminator, DcganGenerator
from ganplay.images.networks import Network
from ganplay.images.runs import Every, Run, RunError
from ganplay.media.contact_sheet import sheet_of

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_run_becomes_a_checkpoint_that_gives_the_same_pictures(bars):
    model, made, folder = bars
    assert {p.name for p in folder.iterdir()} == {
        "model.safetensors", "card.json", "README.md", "samples.png",
    }  # fmt: skip
    again = load(folder)
    assert again.steps == (0, 10, 12)
    assert again.labels == ("lying", "standing")
    for step in again.steps:
        expected = model.sample(range(6), 1, step=step)
        assert torch.equal(again.sample(range(6), "standing", step=step), expected)
    # Half precision moves a picture by little.
    apart = again.sample(range(6)).int() - made.sample(range(6)).int()
    assert apart.abs().max() <= 2
    assert not torch.equal(again.sample([3], 0, step=0), again.sample([3], 0))
    # The Hub's own ways lead to the same.
    other = ImageModel.from_pretrained(folder)
    assert other.card == again.card
    assert torch.equal(other.directions, model.directions)


def test_the_same_seed_gives_the_same_bytes_in_whatever_company(bars):
    model, _, _ = bars
    many = model.sample(range(130), [i % 2 for i in range(130)])
    assert many.shape == (130, 1, 16, 16)
    for i in (0, 63, 64, 129):
        assert torch.equal(model.sample([i], i % 2)[0], many[i])
    assert torch.equal(model.sample([8, 3], ["standing", "lying"])[0], model.sample([8], 1)[0])
    assert model.sample([]).shape == (0, 1, 16, 16)
    assert torch.equal(model.sample([5, 6]), model.sample([5, 6], [0, 1]))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda m: m.sample([-1]), "seed -1: a whole number from 0 to 2147483647 is needed"),
        (lambda m: m.sample([True]), "seed True"),
        (lambda m: m.sample([1], 2), "label 2: a number from 0 to 1 or one of lying, standing"),
        (lambda m: m.sample([1], "sitting"), "label 'sitting'"),
        (lambda m: m.sample([1, 2], [0]), "label: one or 2 are needed, not 1"),
        (lambda m: m.sample([1], step=7), "step 7: one of 0, 10, 12 is needed"),
    ],
)
def test_what_cannot_be_asked_for_is_named(bars, ask, message):
    with pytest.raises(ValueError, match=message):
        ask(bars[0])


def test_a_model_without_labels(tmp_path):
    model, made = model_in(tmp_path)
    assert model.classes == 0
    assert (model.sample(range(9)).int() - made.sample(range(9)).int()).abs().max() <= 2
    with pytest.raises(ValueError, match="label 1: bars is not conditional"):
        model.sample([1], 1)
    assert "label=" not in str(model.generate_model_card())


def test_card_and_page_tell_what_was_done(bars):
    model, made, folder = bars
    card = json.loads((folder / "card.json").read_text())
    assert card["config"] == made.config.to_dict()
    assert card["version"] == 2
    assert card["generator"] == {
        "model": "dcgan",
        "arguments": {"noise_dim": 6, "width": 4, "norm": "batch", "size": 16, "channels": 1,
                      "classes": 2},
    }  # fmt: skip
    assert card["sha256"] == hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    page = (folder / "README.md").read_text()
    assert card["sha256"] in page
    assert 'label="standing"' in page
    # The command trains with just these settings.
    words = shlex.split(model.card.command())
    assert words[:2] == ["ganplay", "train"]
    parser = build_parser()
    given = parser.parse_args(words[1:])
    chosen = {k.removeprefix("set_"): v for k, v in vars(given).items() if k.startswith("set_")}
    assert ImageConfig.from_dict(chosen) == made.config
    assert (given.steps, given.size, given.data, given.threads) == (12, 16, "folder", 1)


def test_metrics_are_kept_and_told(bars, tmp_path):
    model, _, folder = bars
    assert "How good" not in (folder / "README.md").read_text()
    near = {"samples": {"median": 4.25}, "held_out": {"median": 4.0}}
    metrics = {
        "model": {"name": "bars"},
        "protocol": {
            "samples": 10_000,
            "real": 10_000,
            "held_out": 4,
            "classifier": {},
            "labels": "as asked for",
        },
        "frechet": {"samples": 1.5, "held_out": 0.25, "training": 0.125},
        "accuracy": {"samples": 0.98765},
        "shares": {"samples": {"lying": 0.25, "standing": 0.75}},
        "memorisation": {"pixels": near},
        "attributes": {"hair_colour": {"total_variation": {"samples": 0.0625}}},
        "precision": "a text",  # a card may come from anybody
    }
    model.with_card(metrics=metrics).save_pretrained(tmp_path / "bars")
    again = load(tmp_path / "bars")
    assert again.card.metrics == metrics
    assert again.card.sha256 == load(folder).card.sha256
    page = (tmp_path / "bars" / "README.md").read_text()
    for row in (
        "10,000 samples (as asked for), 10,000 pictures that it learnt from and\n4 that it did not",
        "| classified as their label | 98.77% | - |",
        "| share of each class | 25.0% to 75.0% | - |",
        "| Fréchet distance | 1.5 | 0.25 |",
        "| distance to the nearest training picture, pixels (median) | 4.25 | 4 |",
        "| hair colour: total variation from the data's shares | 0.062 | - |",
        "| precision | - | - |",
    ):
        assert row in page


def refusal(folder):
    with pytest.raises(CheckpointError) as caught:
        load(folder)
    return caught.value.code, str(caught.value)


def rewritten(bars, folder, weights=None, **changes):
    """A copy of the checkpoint with other weights (and their right hash) or words on the card."""
    _, _, source = bars
    weights = (source / "model.safetensors").read_bytes() if weights is None else weights
    card = json.loads((source / "card.json").read_text())
    card |= {"sha256": hashlib.sha256(weights).hexdigest()} | changes
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def test_torch_alone_loads_the_weights(bars):
    """Without ganplay's reader: `load_file`, a prefix, `load_state_dict`."""
    model, _, folder = bars
    tensors = load_file(folder / "model.safetensors")
    card = json.loads((folder / "card.json").read_text())
    kinds = {"generator": DcganGenerator, "discriminator": DcganDiscriminator}
    for place in (*kinds, "snapshots.0", "snapshots.10"):
        role = place if place in kinds else "generator"
        net = kinds[role](**card[role]["arguments"])
        own = {
            n.removeprefix(f"{place}."): t for n, t in tensors.items() if n.startswith(f"{place}.")
        }
        net.load_state_dict(own)
        if role == "generator":
            step = 12 if place == role else int(place.removeprefix("snapshots."))
            z, y = torch.randn(5, 6).double(), torch.eye(2).double()[[0, 1, 0, 1, 1]]
            with torch.no_grad():
                pictures = net.double().eval()(z, y)
            torch.testing.assert_close(pictures, model.sampler(step).pictures(z, y))


def test_kept_statistics_are_used_as_they_are(bars):
    """A picture by hand, in double precision: nothing is added to the kept variances or means."""
    model, _, _ = bars
    kept = {
        n.removeprefix("generator."): t.double()
        for n, t in model._tensors.items()
        if n.startswith("generator.")
    }
    z, y = torch.randn(3, 6).double(), torch.eye(2).double()[[0, 1, 1]]
    x = (torch.cat([z, y], dim=1) @ kept["first.weight"].T).view(3, 4, 4, 8).permute(0, 3, 1, 2)
    for i in range(2):
        mean, var = (kept[f"norms.{i}.norm.running_{k}"][:, None, None] for k in ("mean", "var"))
        gain, bias = ((y @ kept[f"norms.{i}.{k}"])[:, :, None, None] for k in ("weight", "bias"))
        x = ((x - mean) / (var + 1e-5).sqrt() * gain + bias).relu()
        x = F.conv_transpose2d(x, kept[f"convs.{i}.weight"], None, 2, 1)
    expected = (x + kept["convs.1.bias"][:, None, None]).tanh()
    torch.testing.assert_close(model.sampler().pictures(z, y), expected, rtol=0, atol=1e-12)


def test_changed_weights_are_refused(bars, tmp_path):
    _, _, source = bars
    weights = bytearray((source / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    folder = rewritten(bars, tmp_path / "a")
    load(folder)
    (folder / "model.safetensors").write_bytes(weights)
    code, words = refusal(folder)
    assert code == "hash"
    assert "SHA-256" in words


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t | {"more": torch.zeros(1)}, "'more': such networks have nothing of that name"),
        (lambda t: {k: v for k, v in t.items() if k != "strengths"}, "strengths is missing"),
        (
            lambda t: t | {"strengths": t["strengths"].half()},
            r"strengths: \(6,\) of torch.float16 instead",
        ),
        (
            lambda t: t | {"strengths": t["strengths"][:-1].clone()},
            r"strengths: \(5,\) of torch.float32 instead",
        ),
        (lambda t: t | {"strengths": t["strengths"] / 0}, "strengths: not all of its numbers"),
    ],
)
def test_other_tensors_are_refused(bars, tmp_path, change, message):
    tensors = load_file(bars[2] / "model.safetensors")
    with pytest.raises(CheckpointError, match=message):
        load(rewritten(bars, tmp_path / "a", save(change(tensors))))


def with_header(header):
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    "weights",
    [
        b"", b"\x80\x04K\x01.", (2**62).to_bytes(8, "little") + b"{}", with_header([]),
        with_header({"generator.first.weight": {"dtype": "F16", "shape": [2**40]}}),
        with_header({"generator.first.weight": 3}), b"\x04" + bytes(7) + b"[[[[",
        (10**6).to_bytes(8, "little") + b"[" * 10**6,
    ],
)  # fmt: skip
def test_hostile_headers_are_refused(bars, tmp_path, weights):
    code, _ = refusal(rewritten(bars, tmp_path / "a", weights))
    assert code in ("format", "tensors")


def test_a_header_may_claim_no_more_than_the_file_has(bars, tmp_path):
    """All names, kinds and shapes are right, but the numbers are elsewhere or not there."""
    weights = (bars[2] / "model.safetensors").read_bytes()
    length = int.from_bytes(weights[:8], "little")
    header = json.loads(weights[8 : 8 + length])
    refusal(rewritten(bars, tmp_path / "a", with_header(header)))
    name = next(iter(header))
    start, end = header[name]["data_offsets"]
    header[name]["data_offsets"] = [start + 10**15, end + 10**15]
    code, _ = refusal(rewritten(bars, tmp_path / "b", with_header(header) + weights[8 + length :]))
    assert code == "format"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 3}, "version: Input should be 2"),
        ({"version": 1}, r"ganplay's first format \(version 1\)"),
        ({"name": "../../etc"}, "name: String should match"),
        ({"surprise": 1}, "surprise: Extra inputs"),
        ({"shape": [1, 16, 32]}, "16x32; squares of"),
        ({"shape": [2, 16, 16]}, "shape.0"),
        ({"labels": []}, "labels"),
        ({"labels": ["a"] * 1001}, "labels"),
        ({"labels": ["lying", "standing", "other"]}, "generator: .* but the settings make"),
        ({"snapshots": [10, 0]}, "snapshots: rising steps"),
        ({"snapshots": [12]}, "snapshots: rising steps"),
        ({"steps": -1}, "steps"),
        ({"steps": "12 "}, "steps"),
        ({"config": {"noise_dim": 10**9}}, "config: .*noise_dim: 1000000000 is not possible"),
        ({"config": {"noize": 1}}, "noize"),
        ({"config": []}, "config"),
        ({"metrics": []}, "metrics"),
        ({"data": {"name": "digits"}}, "data.count: Field required"),
    ],
)
def test_cards_that_cannot_be_are_refused(bars, tmp_path, changes, message):
    with pytest.raises(CheckpointError, match=message) as caught:
        load(rewritten(bars, tmp_path / "a", **changes))
    assert caught.value.code == "card"
    assert len(str(caught.value)) < 1000


def test_cards_that_are_none_are_refused(bars, tmp_path):
    folder = rewritten(bars, tmp_path / "a")
    for text in (b"", b"[]", b"\xff", b"[" * 10**5, b'{"metrics": ' + b"[" * 10**5):
        (folder / "card.json").write_bytes(text)
        assert refusal(folder)[0] == "card"
    (folder / "card.json").unlink()
    assert refusal(folder)[0] == "file"
    (folder / "card.json").mkdir()
    assert refusal(folder)[0] == "file"


class Operations(TorchDispatchMode):
    """Names of all that torch computes."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("norm", NORMS_D)
@pytest.mark.parametrize("minibatch", MINIBATCH)
def test_networks_of_a_card_are_built_without_computing_anything(bars, norm, minibatch):
    """What is computed on the meta device takes an import of two seconds and room on the disk."""
    card, size = bars[0].card, {"size": 16, "channels": 1, "width": 4, "classes": 2}
    arguments = {
        "generator": {"noise_dim": 6, **size, "norm": "none" if norm == "none" else "batch"},
        "discriminator": {**size, "norm": norm, "minibatch": minibatch},
    }
    named = {role: Network(model="dcgan", arguments=given) for role, given in arguments.items()}
    with Operations() as computed:
        shapes = networks_of(card.model_copy(update=named))
    memory = {"empty", "new_empty", "zeros", "zero_", "ones", "fill_", "set_", "clone"}
    assert computed.names <= memory | {"view", "select", "transpose"}
    for role, net in shapes._asdict().items():
        expected = {k: t.shape for k, t in named[role].build(role).state_dict().items()}
        assert {k: t.shape for k, t in net.state_dict().items()} == expected
        assert {t.device.type for t in net.state_dict().values()} == {"meta"}


def test_a_large_file_is_not_even_read(bars, tmp_path):
    folder = rewritten(bars, tmp_path / "a")
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(image.MAX_BYTES + 1)
    assert refusal(folder)[0] == "size"
    (folder / "card.json").write_bytes(b" " * (2**20 + 1))
    assert refusal(folder)[0] == "size"


@pytest.mark.parametrize("name", ["", "no-such-model", "../secret/x", "a/b/c", "~/x", "/no/such"])
def test_names_that_lead_nowhere(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if name == "":
        name = str(tmp_path)  # a folder without a model
    code, words = refusal(name)
    assert code in ("name", "file")
    assert code == "file" or repr(name) in words


def test_the_hub_out_of_reach(monkeypatch, tmp_path):
    """What is asked for there, and what is said when nothing comes."""
    asked = []

    def nothing(owner, file, **options):
        asked.append((owner, file, options))
        raise FileNotFoundError("no network")

    monkeypatch.setattr(image, "hf_hub_download", nothing)
    monkeypatch.chdir(tmp_path)
    code, words = refusal("somebody/digits")
    assert code == "name"
    assert "somebody/digits" in words
    assert asked == [("somebody/digits", "card.json", {})]


def test_from_the_hub(bars, monkeypatch, tmp_path):
    _, _, folder = bars
    monkeypatch.setattr(image, "hf_hub_download", lambda owner, name, **_: str(folder / name))
    monkeypatch.chdir(tmp_path)
    assert torch.equal(load("somebody/bars").sample([1], 0), load(folder).sample([1], 0))


def test_only_finished_runs_are_exported(tmp_path):
    made, run = trainer(), Run(tmp_path)
    run.describe(made.config, {"name": "folder"})
    train(made, run, 12, Every(save=5), stopped=lambda: made.steps == 7)
    with pytest.raises(RunError, match=r"stopped at step 7; `ganplay train --resume` ends it"):
        model_of_run(run, "bars")
    train(made, run, 12)
    with pytest.raises(RunError, match=r"run.json has no 'pictures'; --resume adds it"):
        model_of_run(run, "bars")
    run.describe(made.config, about(made))
    with pytest.raises(RunError, match=r"snapshots: 5 was not kept in .*; 0, 10, 12 were"):
        model_of_run(run, "bars", [5])
    with pytest.raises(ValueError, match="name"):
        model_of_run(run, "Two Words")
    assert model_of_run(run, "bars", [10]).steps == (10, 12)


def test_train_and_export_as_commands(tmp_path, capsys):
    data = write_pictures(tmp_path / "data")
    assert run_train(data, tmp_path / "run", "--steps", 3) == 0
    assert main(["export", str(tmp_path / "run"), str(tmp_path / "bars")]) == 0
    assert "bars: " in capsys.readouterr().out
    model = load(tmp_path / "bars")
    assert model.card.data.count == 36  # four are held out
    assert model.labels == ("lying", "standing")
    with pytest.raises(SystemExit):
        main(["export", str(tmp_path / "nothing"), str(tmp_path / "bars")])
    assert "nothing" in capsys.readouterr().err


def test_the_models_that_come_along():
    assert bundled() == ["digits", "digits-conditional", "faces", "letters-conditional"]


@pytest.mark.parametrize("name", bundled())
def test_the_bundled_models_draw_what_they_drew_when_they_were_trained(name):
    """Their sheets are of that day: at most one grey level off in one pixel in a thousand."""
    model = ganplay.load(name)
    with Image.open(image.BUNDLED / name / "samples.png") as kept:
        before = np.asarray(kept).astype(int)
    now = np.asarray(sheet_of(model.sample, model.classes)).astype(int)
    apart = abs(now - before)
    assert apart.max() <= 1
    assert (apart > 0).mean() <= 1e-3


# Logits of the picture of seed 5, by D as it was before its weights had names.
LOGITS = {
    "digits": {None: -0.435575, 10000: -2.794165},
    "digits-conditional": {None: 2.711325, 10000: 0.280022},
    "faces": {None: -1.216196, 3000: -6.207429},
    "letters-conditional": {None: -3.716727, 10000: -4.829617},
}


@pytest.mark.parametrize("name", bundled())
def test_the_bundled_models_judge_as_they_did(name):
    """Beside samples with the shares of classes that the card says."""
    for step, logit in LOGITS[name].items():
        said = ganplay.load(name).score(LatentState(name, 5, step=step))
        assert said.logit == pytest.approx(logit, abs=1e-5)


@pytest.mark.parametrize("name", bundled())
def test_the_bundled_models(name):
    model = ganplay.load(name)
    folder = image.BUNDLED / name
    assert model.card.name == name
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 8e6
    page = Path(folder / "README.md").read_text()
    assert page == str(model.generate_model_card())  # nobody wrote into it by hand
    pictures = model.sample([1, 2, 3])
    assert torch.equal(model.sample([3], 2 if model.classes else None)[0], pictures[2])
    assert pictures.float().std() > 20
    assert Card.from_json(model.card.to_json().encode()) == model.card
