"""A visitor's own two networks: trained, kept, and loaded only with what they need."""

import dataclasses
import json
import sys

import pytest
import torch
from helpers import own_networks
from helpers.own_networks import Discriminator, Generator
from helpers.pictures import FLAGS, TINY, about, bars, train, write_pictures
from torch import nn

from ganplay.cli import main
from ganplay.common.safe_tensors import CheckpointError
from ganplay.images.checkpoint import ImageModel, load, model_of_run
from ganplay.images.datasets import ImageData
from ganplay.images.latent_state import LatentState
from ganplay.images.runs import Every, Run
from ganplay.images.trainer import ImageTrainer

pytestmark = pytest.mark.usefixtures("one_thread")
CONDITIONAL = dataclasses.replace(TINY, conditional=True)
PLACE = "helpers.own_networks"


def own_trainer(config=CONDITIONAL, data=None):
    data = bars() if data is None else data
    _, channels, size, _ = data.images.shape
    classes = 2 if config.conditional else 0
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = Generator(config.noise_dim, size, channels, classes)
        discriminator = Discriminator(size, channels, classes)
    return ImageTrainer(generator=generator, discriminator=discriminator, data=data, config=config)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A checkpoint of own networks, with the trainer that made it."""
    place = tmp_path_factory.mktemp("own")
    made, run = own_trainer(), Run(place / "run")
    run.describe(made.config, about(made))
    train(made, run, 12, Every(sheet=12))
    classes = {"generator": Generator, "discriminator": Discriminator}
    model_of_run(run, "own", **classes).save_pretrained(place / "own")
    return place / "own", made


VARIANTS = [
    {}, {"conditional": True}, {"loss": "hinge", "steps_d": 2, "augment_cutout": True},
    {"penalty": "r1", "norm_d": "none", "optimizer_g": "sgd"}, {"conditional": True, "ema": 0.0},
]  # fmt: skip


@pytest.mark.parametrize("settings", VARIANTS)
def test_any_two_modules_that_keep_the_protocol_are_trained(settings):
    config = dataclasses.replace(TINY, **settings)
    one, again = own_trainer(config), own_trainer(config)
    before = [p.clone() for p in one.generator.parameters()]
    for _ in range(4):
        record = one.step()
        again.step()
    assert bool(record.finite)
    for old, new, same in zip(
        before, one.generator.parameters(), again.generator.parameters(), strict=True
    ):
        assert old.dim() == 1 or not torch.equal(old, new)  # a bias before a norm does nothing
        assert torch.equal(new, same)
    assert one.sample([1, 2, 3]).shape == (3, 1, 16, 16)
    assert torch.equal(one.sample([1, 2, 3])[2], one.sample([3], [0])[0])


def test_their_pictures_may_be_of_any_size():
    images = torch.randint(0, 256, (40, 3, 9, 9)).to(torch.uint8)
    data = ImageData(images, torch.zeros(40).long(), ("one",), "", "")
    made = own_trainer(TINY, data)
    assert bool(made.step().finite)
    assert made.sample([1]).shape == (1, 3, 9, 9)
    with pytest.raises(ValueError, match="3x9x9: 1 or 3 channels and sides of 16"):
        ImageTrainer(TINY, data)
    with pytest.raises(ValueError, match="3x9x9: 1 or 3 channels and sides of 16"):
        ImageTrainer(TINY, data, Generator(6, 9, 3))  # the other one is ours


def test_a_run_of_them_goes_on_to_the_same_numbers():
    whole, first, second = own_trainer(), own_trainer(), own_trainer()
    for _ in range(4):
        whole.step()
    first.step()
    first.step()
    second.restore({n: t.clone() for n, t in first.tensors().items()}, first.counters())
    second.step()
    second.step()
    for name, tensor in whole.tensors().items():
        assert torch.equal(tensor, second.tensors()[name]), name


class Flat(nn.Module):
    """Keeps no protocol: it gives one number for a whole batch, or vectors."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x, y=None):
        return x.sum() * self.weight


def test_what_keeps_no_protocol_is_refused():
    with pytest.raises(ValueError, match=r"generator: it makes \(\), not \(2, 1, 16, 16\)"):
        ImageTrainer(TINY, bars(), generator=Flat())
    with pytest.raises(ValueError, match=r"discriminator: it says \(\), not \(2,\) or \(2, 1\)"):
        ImageTrainer(TINY, bars(), discriminator=Flat())
    config = dataclasses.replace(TINY, feature_matching=1.0)
    with pytest.raises(ValueError, match="feature_matching: this discriminator has no forward_f"):
        ImageTrainer(config, bars(), discriminator=Discriminator(16, 1))


def test_the_card_says_which_classes_with_which_arguments(folder):
    card = json.loads((folder[0] / "card.json").read_text())
    assert card["generator"] == {
        "model": f"{PLACE}:Generator",
        "arguments": {"noise_dim": 6, "size": 16, "channels": 1, "classes": 2},
    }
    assert card["discriminator"]["model"] == f"{PLACE}:Discriminator"
    page = (folder[0] / "README.md").read_text()
    assert "Conditional GAN for 16x16" in page
    assert 'ganplay.load("own", trust_classes=True)' in page
    assert f"--generator {PLACE}:Generator" in page


def test_a_class_is_never_imported_unasked(folder, monkeypatch):
    monkeypatch.delitem(sys.modules, PLACE)
    for given in ({}, {"generator": Generator}):
        with pytest.raises(CheckpointError, match=f"this model needs {PLACE}:.*trust_classes=True"):
            load(folder[0], **given)
    with pytest.raises(CheckpointError) as caught:
        ImageModel.from_pretrained(folder[0])
    assert caught.value.code == "network"
    assert PLACE not in sys.modules
    load(folder[0], trust_classes=True)
    assert PLACE in sys.modules


def test_with_classes_modules_or_trust_it_is_the_same_model(folder):
    place, made = folder
    modules = {"generator": Generator(6, 16, 1, 2), "discriminator": Discriminator(16, 1, 2)}
    kinds = {"generator": Generator, "discriminator": Discriminator}
    models = [load(place, **kinds), load(place, **modules), load(place, trust_classes=True)]
    pictures = [model.sample(range(6)) for model in models]
    assert torch.equal(pictures[0], pictures[1])
    assert torch.equal(pictures[0], pictures[2])
    # Half precision moves a picture by little.
    assert (pictures[0].int() - made.sample(range(6)).int()).abs().max() <= 2
    assert not torch.equal(models[0].sample([1], step=0), models[0].sample([1]))
    with pytest.raises(CheckpointError, match="generator"):
        load(place, generator=Generator(6, 16, 1, 0), discriminator=Discriminator)


def test_their_d_judges_each_picture_by_itself(folder):
    model = load(folder[0], trust_classes=True)
    state = LatentState("own", 4, label=((1, 1.0),))
    said = model.score(state)
    net = Discriminator(16, 1, 2).double()
    net.load_state_dict(
        {n.removeprefix("discriminator."): t for n, t in model._tensors.items() if "discri" in n}
    )
    z, y = state.latent(model.directions)[None], torch.tensor([[0.0, 1.0]]).double()
    with torch.no_grad():
        logit = net(model.sampler().pictures(z, y), y).item()
    assert said.logit == pytest.approx(logit, abs=1e-6)
    assert 0 <= said.rank <= 1


@pytest.mark.parametrize(
    "name", ["os:getcwd", "os:no", "no_such_module:Net", "helpers.pictures:TINY"]
)
def test_places_that_hold_no_module_are_refused(tmp_path, capsys, name):
    data = write_pictures(tmp_path / "data")
    with pytest.raises(SystemExit):
        main(["train", *FLAGS, "--data-root", str(data), "--out", str(tmp_path / "run"),
              "--generator", name])  # fmt: skip
    assert name in capsys.readouterr().err


def test_the_command_line_takes_them_from_a_file_beside_it(tmp_path, monkeypatch, capsys):
    source = own_networks.__file__
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p])
    monkeypatch.chdir(tmp_path)
    with open(source, encoding="utf-8") as file:
        (tmp_path / "beside_it.py").write_text(file.read())
    data, run = write_pictures(tmp_path / "data"), ["--out", "run", "--steps"]
    flags = ["train", *FLAGS, "--data-root", str(data), "--count", "20", *run]
    own = ["--generator", "beside_it:Generator", "--discriminator", "beside_it:Discriminator"]
    assert main([*flags, "2", *own]) == 0
    # Going on needs them named again; what the folder says is not taken on trust.
    with pytest.raises(SystemExit):
        main([*flags, "4", "--resume"])
    assert "--generator beside_it:Generator: the resumed run has it" in capsys.readouterr().err
    assert main([*flags, "4", "--resume", *own]) == 0
    with pytest.raises(SystemExit):
        main(["export", "run", "mine"])
    assert "not imported unasked" in capsys.readouterr().err
    assert main(["export", "run", "mine", "--trust-classes"]) == 0
    with pytest.raises(SystemExit):
        main(["sample", "mine", "--out", "picture.png"])
    assert main(["sample", "mine", "--trust-classes", "--out", "picture.png"]) == 0
    assert (tmp_path / "picture.png").exists()
    assert load(tmp_path / "mine", trust_classes=True).steps == (0, 2, 4)
    monkeypatch.delitem(sys.modules, "beside_it")
