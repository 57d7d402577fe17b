"""Cells side by side: which are trained together, how they are ranked, and what is refused."""

import itertools
import json
import math
from dataclasses import replace

import pytest
import torch
from helpers.command_line import TINY, run
from PIL import Image

from ganplay import LOSSES, PRESETS, ToyConfig, ToyTrainer
from ganplay.arena.arena import Arena, ImpossibleCell, all_cells, cells, group_by_shape
from ganplay.arena.axes import AXES, axis, default_values, read_axis
from ganplay.arena.ranking import RESAMPLES, differs, interval, mean, quantile, ranks
from ganplay.cli import main
from ganplay.common.settings import ConfigError
from ganplay.toy.remedies import CLASSIC

SMALL = ToyConfig(width_g=8, width_d=8, batch_size=16)
PAIRS = [axis("lr_g", [1e-4, 1e-3]), axis("loss", ["hinge", "wasserstein"])]


def shapes(*axes, seeds=(0,)):
    made = cells(SMALL, [read_axis(text) for text in axes], seeds)
    return group_by_shape(config for cell in made for config in cell.configs)


def test_cells_are_all_pairs_and_have_the_same_seeds():
    made = cells(SMALL, PAIRS, [5, 6])
    assert [tuple(cell.values.values()) for cell in made] == [
        (1e-4, "hinge"), (1e-4, "wasserstein"), (1e-3, "hinge"), (1e-3, "wasserstein"),
    ]  # fmt: skip
    assert all([c.seed for c in cell.configs] == [5, 6] for cell in made)
    assert [(c.lr_g, c.loss) for c in made[2].configs] == [(1e-3, "hinge")] * 2


def test_members_of_one_shape_are_trained_together():
    assert shapes("lr_g=1e-4,1e-3", "lr-d=0,1", seeds=(0, 1)) == [[0, 1, 2, 3, 4, 5, 6, 7]]
    assert shapes("lr_g=1e-4,1e-3", "loss=hinge,minimax", seeds=(0, 1)) == [
        [0, 1, 4, 5], [2, 3, 6, 7],
    ]  # fmt: skip
    assert shapes("ema=0,0.9,0.99") == [[0], [1, 2]]  # whether there is an average is a shape
    assert shapes("batch_size=16,32") == shapes("steps_d=1,5") == [[0], [1]]
    assert shapes("distribution=ring,line,grid", "seed=3,4") == [[0, 1, 2, 3, 4, 5]]


def test_values_are_read_by_their_field():
    assert read_axis("conditional=False,true").values == (False, True)
    assert read_axis("steps-d = 1, 5") == ("steps_d", (1, 5))
    assert [type(v) for v in axis("lr_g", [1, 0.5]).values] == [float, float]


def test_joint_axes_set_what_they_stand_for():
    def settings(*texts):
        made = cells(SMALL, [read_axis(text) for text in texts], [0])
        return [cell.configs[0] for cell in made]

    assert [(c.lr_g, c.lr_d) for c in settings("lr_ratio=0.5,4", "lr_g=1e-3,1e-2")] == [
        (1e-3, 5e-4), (1e-2, 5e-3), (1e-3, 4e-3), (1e-2, 4e-2),
    ]  # fmt: skip
    assert [(c.width_g, c.width_d) for c in settings("width=4,16")] == [(4, 4), (16, 16)]
    none, rates, small = settings("remedy=none,two_rates,discrimination")
    assert none == SMALL
    assert (rates.lr_g, rates.lr_d) == (1e-3, 4e-3)
    assert (small.minibatch_d, small.batch_size) == ("discrimination", 16)
    # The remedy is of the cell's own settings, not of those that were the beginning.
    assert [c.lr_d for c in settings("remedy=two_rates", "lr_g=1e-3,1e-2")] == [4e-3, 4e-2]
    # Both may say the same.
    assert settings("remedy=wgan", "loss=wasserstein")[0].weight_clip == 0.1


@pytest.mark.parametrize("name", CLASSIC)
def test_every_remedy_suits_every_loss_or_is_refused_in_words(name):
    for loss, preset in itertools.product(LOSSES, PRESETS.values()):
        (cell,) = all_cells(replace(preset, loss=loss), [axis("remedy", [name])], [0])
        refused = isinstance(cell, ImpossibleCell)
        assert refused == (
            (name == "smoothing" and not LOSSES[loss].smoothable)
            or (name == "matching" and not preset.layers_d)
        )


def test_all_axes_have_values_to_begin_with():
    for name in AXES:
        assert axis(name, default_values(name)).values


def test_own_points_go_with_their_distribution():
    own = ToyConfig(distribution="own", points="AAAAAAAA")
    made = cells(own, [axis("distribution", ["own", "ring"])], [0])
    assert [cell.configs[0].points for cell in made] == [own.points, ""]


def test_cells_see_the_same_data_and_noise_and_learn_as_if_alone():
    made = cells(SMALL, PAIRS, [3, 4])
    arena = Arena(made, use_capture=False)
    real = arena.per_member(lambda group: group.trainer.real(5))
    assert len(real) == len(arena) == 8
    for i in range(8):
        assert torch.equal(real[i], real[i % 2])
    before = arena.per_member(lambda group: group.trainer.sample(5))
    assert all(torch.equal(before[i], before[i % 2]) for i in range(8))
    arena.step(4)
    assert arena.steps == 4
    after = arena.per_member(lambda group: group.trainer.sample(5))
    for i, config in enumerate(config for cell in made for config in cell.configs):
        alone = ToyTrainer(config, use_capture=False)
        alone.step(4)
        torch.testing.assert_close(after[i], alone.sample(5)[0], rtol=1e-4, atol=1e-5)
    assert not torch.equal(after[0], after[2])


def test_intervals_of_means_by_hand():
    # Of 0 and 1 a resample's mean is 0, 1/2 or 1 with probabilities 1/4, 1/2, 1/4.
    assert interval([0.0, 1.0]) == (0.0, 1.0)
    # Of 0, 0, 0, 1 it is k/4, k binomial with 4 and 1/4: P(0) = 0.32, P(k <= 2) = 0.949,
    # P(k <= 3) = 0.996.
    assert interval([0.0, 0.0, 0.0, 1.0]) == (0.0, 0.75)
    # Of many values it is the normal one: 1.96 / sqrt(12 * 64) on both sides of 1/2.
    even = [(i + 0.5) / 64 for i in range(64)]
    assert interval(even) == pytest.approx((0.5 - 0.0707, 0.5 + 0.0707), abs=0.005)
    assert RESAMPLES >= 1000
    assert mean([1.0, 2.0, 6.0]) == 3
    for unknown in ([1.0], [1.0, math.nan], [math.inf, 1.0]):
        assert interval(unknown) is None
    assert math.isnan(mean([math.inf, -math.inf]))
    # Tables of Student's t.
    for freedom, known in ((1, 12.7062), (9, 2.26216), (10, 2.22814), (30, 2.04227), (63, 1.99834)):
        assert quantile(freedom) == pytest.approx(known, abs=2e-4)


@pytest.mark.parametrize(
    "values",
    [[0, 7, 8], [8, 8, 8], [0, 0, 8], [5, 5, 0, 8], [0.1] * 3, [0.7, 1.0, 1.0], [0, 0, 0, 0, 1]],
)
def test_an_interval_holds_the_mean_and_never_leaves_what_was_measured(values):
    low, high = interval(values)
    assert min(values) <= low <= mean(values) + 1e-12
    assert mean(values) - 1e-12 <= high <= max(values)
    assert interval(values) == (low, high)  # drawn from the same seed


def test_differences_are_judged_seed_by_seed():
    best = [0.1, 0.5, 0.9]
    assert differs([0.2, 0.6, 1.0], best) is True  # always 0.1, though the seeds differ by more
    assert differs(best, best) is False
    assert differs([0.0, 0.5, 1.0], best) is False
    assert differs([0.2], [0.1]) is None
    assert differs([0.2, math.nan, 1.0], best) is None


def told(js, modes, floor=0.1, of=8):
    return {"mean": {"js": js, "modes": modes}, "noise_floor": {"js": floor, "modes": of}}


def test_ranks_by_hand():
    given = [told(0.5, 4), told(0.05, 7), told(0.1, 8), told(None, None), told(0.6, 25, 0.5, 25)]
    # Above their floors: 0.4, nothing, nothing, unknown, 0.1. Shares: 1/2, 7/8, 1, unknown, 1.
    assert ranks(given) == [
        {"js": 4, "modes": 4}, {"js": 1, "modes": 3}, {"js": 1, "modes": 1},
        {"js": 5, "modes": 5}, {"js": 3, "modes": 1},
    ]  # fmt: skip


def test_a_report_has_the_best_first_and_its_figures_add_up():
    arena = Arena(cells(SMALL, [axis("lr_g", [0.0, 1e-2])], [0, 1, 2]), use_capture=False)
    arena.step(60)
    report = json.loads(json.dumps(arena.report(500), allow_nan=False))
    assert (report["steps"], report["samples"], len(report["cells"])) == (60, 500, 2)
    places = [cell["rank"]["js"] for cell in report["cells"]]
    assert places == sorted(places)
    for cell in report["cells"]:
        js = [member["js"] for member in cell["members"]]
        assert cell["mean"]["js"] == pytest.approx(sum(js) / 3, abs=2e-6)
        assert cell["interval"]["js"] == pytest.approx(interval(js), abs=1e-5)
        low, high = cell["interval"]["modes"]
        assert 0 <= low <= cell["mean"]["modes"] <= high <= 8
        assert [member["seed"] for member in cell["members"]] == [0, 1, 2]
        assert cell["noise_floor"]["modes"] == 8
        again, problems = ToyConfig.from_state(cell["state"])
        assert (again.lr_g, problems) == (cell["values"]["lr_g"], [])


def test_a_member_that_diverged_puts_its_cell_last():
    arena = Arena(cells(SMALL, [axis("lr_g", [1e-3, 1e-4])], [0, 1]), use_capture=False)
    snapshot = arena.groups[0].trainer.snapshot()
    snapshot.tensors["generator.parameters"][1] = math.nan  # the first cell's second seed
    arena.groups[0].trainer.restore(snapshot)
    first, last = arena.report(500)["cells"]
    assert (first["values"], last["values"]) == ({"lr_g": 1e-4}, {"lr_g": 1e-3})
    assert (last["mean"]["js"], last["interval"]["js"]) == (None, None)
    assert [member["js"] is None for member in last["members"]] == [False, True]


def test_a_sweep_as_a_process(tmp_path):
    picture = tmp_path / "cells.png"
    done = run(
        "toy", *TINY, "--sweep", "lr_g=1e-4,1e-3", "--sweep", "loss=hinge,wasserstein",
        "--seeds", 2, "--first-seed", 7, "--json", "--plot", picture,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert (result["preset"], result["steps"], result["samples"]) == ("ring", 20, 2500)
    pairs = {(1e-4, "hinge"), (1e-4, "wasserstein"), (1e-3, "hinge"), (1e-3, "wasserstein")}
    assert {(c["values"]["lr_g"], c["values"]["loss"]) for c in result["cells"]} == pairs
    assert all([m["seed"] for m in c["members"]] == [7, 8] for c in result["cells"])
    with Image.open(picture) as drawn:
        assert drawn.size == (756, 756)
        assert len(drawn.getcolors(2**20)) > 50


def test_a_sweep_as_a_table(tmp_path, capsys):
    picture = tmp_path / "cells.png"
    arguments = ["--steps", "0", "--sweep", "lr_g=1e-4,1e-3,0.01", "--plot", str(picture)]
    assert main(["toy", *TINY[:-2], *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["rank", "lr_g", "js", "modes"]
    # Untrained they are all the same, so they keep their order.
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["1", "0.0001"], ["1", "0.001"], ["1", "0.01"],
    ]  # fmt: skip
    assert lines[-1] == "one seed each; 0 steps, 2500 samples"
    with Image.open(picture) as drawn:
        assert drawn.size == (756, 756)  # two columns and two rows for three cells


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--sweep", "lr_gg=1"], "--sweep: lr_gg: '1' is not possible; did you mean lr_g?"),
        (["--sweep", "points=AAAA"], "there is no setting of that name"),
        (["--sweep", "lr_g=0.1,9"], "lr_g: 9.0 is not possible; a number from 0 to 1"),
        (["--sweep", "lr_g"], "lr_g: '' is not possible; a number from 0 to 1"),
        (["--sweep", "steps_d=1.5"], "steps_d: '1.5' is not possible; a whole number from 0 to 20"),
        (["--sweep", "loss=hinged"], "loss: 'hinged' is not possible; one of minimax, "),
        (["--sweep", "lr_g=1,1.0"], "lr_g: 1.0 is not possible; each value may be given once"),
        (["--sweep", "seed=" + ",".join(map(str, range(65)))], "from 1 to 64 values are needed"),
        (["--sweep", "lr_g=0", "--sweep", "lr-g=1"], "'lr_g, lr_g' is not possible; one axis or"),
        (["--sweep", "lr_g=0"] * 3, "--sweep: given 3 times; at most 2 axes"),
        (["--sweep", "seed=1,2", "--seeds", "2"], "it leaves one seed to each cell"),
        (["--sweep", "lr_g=0,1", "--seeds", "33"], "sweep: 66 is not possible; at most 64 GANs"),
        (["--sweep", "loss=hinge", "--label-smoothing", "0.1"], "has no targets to smooth"),
        (["--sweep", "remedy=hope"], "remedy: 'hope' is not possible; one of none, "),
        (["--sweep", "width=8,300"], "width: 300 is not possible; a whole number from 1 to 256"),
        (["--sweep", "lr_ratio=2", "--sweep", "lr_d=1"], "another axis sets it to 1.0"),
        (["--sweep", "lr_g=0,1", "--until", "js=0.2"], "--until: not with --sweep"),
        (["--sweep", "lr_g=0,1", "--load", "a.safetensors"], "--load: not with --sweep"),
    ],
)  # fmt: skip
def test_sweeps_are_refused_in_words(capsys, arguments, complaint):
    with pytest.raises(SystemExit) as refused:
        main(["toy", *arguments])
    assert refused.value.code == 2
    assert complaint in capsys.readouterr().err


def test_cells_need_axes():
    with pytest.raises(ConfigError, match="one axis or two different ones"):
        cells(SMALL, [], [0])
