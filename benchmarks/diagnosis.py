"""How often the diagnosis is right, and whether its remedies help, over runs of which it is known.

What is right in each scenario follows from what its settings do, and not from what is said of
them; where several kinds stand, each is true of something that is seen then. Bounds of the
diagnosis were chosen on seeds 0 to 4: seeds from 1000 on are new to it.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean
from typing import NamedTuple

import torch

from benchmarks.report import Row, run
from benchmarks.treatments import TREATMENTS, outcomes
from ganplay import PRESETS, ToyConfig, ToyTrainer
from ganplay.toy.diagnosis import EVERY, Finding
from ganplay.toy.experiment import diagnose
from ganplay.toy.remedies import RUNS

SEEDS, QUICK_SEEDS = 8, 2
THREE_SECONDS = 600
"""Steps in them at the pace at which the lab opens."""
UNTOLD = 900
"""Steps in which it may be too early to tell anything: a window, and until it is agreed on."""

TOLD = {"ring": (3000, 8), "grid": (5000, 13)}
"""Steps at which the page says of presets how many modes they cover, and the fewest that it may be
by what it says: all, and most of them."""


class Scenario(NamedTuple):
    """Settings, and what may rightly be said of them.

    Attributes:
        config: the settings.
        steps: how long a run is.
        right: kinds by the step from which they are right; the last ones are the scenario's own.
        quick: whether it is short enough for every test run.
    """

    config: ToyConfig
    steps: int
    right: dict[int, str]
    quick: bool = False

    def allowed(self, step: int) -> list[str]:
        """Kinds that are right at a step; while a run begins there is nothing to be said."""
        begun = [kinds for start, kinds in self.right.items() if start <= step]
        early = ["starting"] * (step <= 300) + ["early"] * (step <= UNTOLD)
        return [*begun[-1].split(), *early]


def _ring(**settings: object) -> ToyConfig:
    return ToyConfig().repaired(settings)[0]


SLOW_D = _ring(lr_d=1e-6)
SCENARIOS: dict[str, Scenario] = {
    # The presets of the lab.
    "ring": Scenario(
        PRESETS["ring"], 3000, {0: "learning", 1000: "learning equilibrium", 2400: "equilibrium"}
    ),
    "grid": Scenario(  # of which a few clusters may stay missing
        PRESETS["grid"], 5600, {0: "learning", 4000: "learning equilibrium"}
    ),
    "collapse": Scenario(
        PRESETS["collapse"], 1200, {0: "learning hopping collapse", 1000: "collapse"}, True
    ),
    "oscillation": Scenario(  # a turn takes 3,140 steps, in which each net leads for half
        PRESETS["oscillation"],
        7000,
        {0: "early", 2700: "early oscillation", 4000: "oscillation"},
    ),
    "less than a turn of an oscillation": Scenario(
        PRESETS["oscillation"], 1500, {0: "early"}, True
    ),
    "vanishing": Scenario(
        PRESETS["vanishing"], 1000, {0: "learning strong_d", 600: "strong_d"}, True
    ),
    "wgan-gp": Scenario(
        PRESETS["wgan-gp"], 3000, {0: "learning", 600: "learning equilibrium", 2600: "equilibrium"}
    ),
    "classic": Scenario(PRESETS["classic"], 3000, {0: "learning hopping", 1500: "learning"}),
    # One thing changed, which is what must be found.
    "ten updates of G, two moons": Scenario(
        replace(PRESETS["collapse"], distribution="moons"),
        1600,
        {0: "learning collapse", 1200: "collapse"},
    ),
    "fast oscillation": Scenario(
        replace(PRESETS["oscillation"], lr_g=0.01, lr_d=0.01),
        1600,
        {0: "early oscillation", 1200: "oscillation"},
        True,
    ),
    "D hardly learns": Scenario(SLOW_D, 1200, {0: "learning strong_g", 1000: "strong_g"}, True),
    "D never learns, two moons": Scenario(
        _ring(distribution="moons", steps_d=0), 1200, {0: "learning strong_g", 1000: "strong_g"}
    ),
    "D ten times slower than G": Scenario(
        _ring(lr_d=1e-4), 1400, {0: "learning hopping", 1000: "hopping"}, True
    ),
    "a critic that nothing holds": Scenario(
        _ring(loss="wasserstein", lr_g=0.02, lr_d=0.02),
        2000,
        {0: "learning hopping collapse divergence", 1500: "divergence"},
    ),
    "least squares in leaps": Scenario(
        _ring(loss="least_squares", optimizer_g="sgd", optimizer_d="sgd", lr_g=1.0, lr_d=1.0),
        200,
        {0: "divergence"},
        True,
    ),
    "minimax, slow but sure": Scenario(
        replace(PRESETS["vanishing"], distribution="moons"), 1200, {0: "learning"}
    ),
    "hinge with a penalty": Scenario(
        _ring(loss="hinge", penalty="r1"),
        2400,
        {0: "learning hopping", 1000: "learning equilibrium"},
    ),
    "one cluster, small nets": Scenario(
        _ring(distribution="gaussian", penalty="r1", penalty_weight=1.0, layers_g=1, width_g=32,
              layers_d=1, width_d=32),
        1400,
        {0: "learning", 300: "learning equilibrium", 1200: "equilibrium"},
        True,
    ),
    "two moons, small steps": Scenario(
        _ring(distribution="moons", lr_g=2e-4, lr_d=2e-4), 1000, {0: "learning"}, True
    ),
    "with labels": Scenario(
        _ring(conditional=True), 2000, {0: "learning", 750: "learning equilibrium"}
    ),
}  # fmt: skip


def runs(scenario: Scenario, seeds: Sequence[int]) -> list[list[Finding]]:
    """The findings of each seed, one every `EVERY` steps."""
    trainer = ToyTrainer(scenario.config, seeds=seeds, threads=1)
    return diagnose(trainer, scenario.steps)


def right(scenario: Scenario, findings: Sequence[Finding]) -> float:
    """Share of the measurements at which the finding was right."""
    steps = range(EVERY, scenario.steps + 1, EVERY)
    return fmean(v.kind in scenario.allowed(step) for step, v in zip(steps, findings, strict=True))


def most_changes(findings: Sequence[Finding], within: int = THREE_SECONDS) -> int:
    """The most changes from one finding to another within so many steps."""
    named = [v for v in findings if v.kind != "starting"]
    at = [b.since for a, b in pairwise(named) if a.kind != b.kind]
    return max((sum(0 <= x - start < within for x in at) for start in at), default=0)


def measure(options: argparse.Namespace) -> list[Row]:
    """All scenarios, or the quick ones."""
    torch.set_num_threads(1)
    quick, first_seed = options.quick, options.first_seed
    seeds = range(first_seed, first_seed + (QUICK_SEEDS if quick else SEEDS))
    rows, shares, changes, given = [], [], 0, []
    for name, scenario in SCENARIOS.items():
        if quick and not scenario.quick:
            continue
        findings_of_seeds = runs(scenario, seeds)
        share = fmean(right(scenario, findings) for findings in findings_of_seeds)
        own = scenario.right[max(scenario.right)].split()
        given.append(fmean(findings[-1].kind in own for findings in findings_of_seeds))
        shares.append(share)
        changes = max(changes, *map(most_changes, findings_of_seeds))
        print(name, end=" ", file=sys.stderr, flush=True)
        rows += [
            Row(f"{name}: right verdicts", 100 * share, "%"),
            Row(f"{name}: at its end", 100 * given[-1], "%"),
        ]
        rows += modes_told(name, findings_of_seeds) if name in TOLD else []
    rows += [
        Row("right verdicts", 100 * fmean(shares), "%", ">= 90"),
        Row("right verdicts at the end", 100 * fmean(given), "%", ">= 90"),
        Row("the scenario with the fewest", 100 * min(shares), "%"),
        Row("changes of a verdict in 3 seconds", changes, "", "<= 1"),
    ]
    rows += [] if quick else remedies_tried(first_seed)
    print(file=sys.stderr)
    return rows


def modes_told(name: str, findings_of_seeds: Sequence[Sequence[Finding]]) -> list[Row]:
    """How many modes runs of a scenario cover at the step of `TOLD`."""
    step, least = TOLD[name]
    centres = SCENARIOS[name].config.data.modes
    modes = 0 if centres is None else len(centres)
    covered = [modes - len(findings[step // EVERY - 1].missing) for findings in findings_of_seeds]
    return [
        Row(f"{name}: modes at step {step}, mean", fmean(covered), f"of {modes}"),
        Row(f"{name}: modes at step {step}, fewest", min(covered), f"of {modes}", f">= {least}"),
    ]


def remedies_tried(first_seed: int) -> list[Row]:
    """In how many of its runs each remedy brings in time, for good, what the page says."""
    rows, seeds = [], range(first_seed, first_seed + RUNS)
    for name, treatment in TREATMENTS.items():
        came, said = sum(outcomes(treatment, seeds)), treatment.remedy
        what = f"remedy, {name}: {said.expects} within {said.within} steps, and stays"
        # The page tells what came of seeds 0 to 9; another processor's rounding may change one.
        rows.append(Row(what, came, f"of {RUNS}", "" if first_seed else f">= {said.came - 1}"))
        print(name, end=" ", file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    run(measure)
