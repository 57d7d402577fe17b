"""The runs in which each remedy of the diagnosis is tried, and whether it brings what it says.

For each remedy of `ganplay.toy.remedies` there is one kind of run that is ill and gets just it.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from ganplay import PRESETS, ToyConfig, ToyTrainer
from ganplay.toy.config import needs_new_networks
from ganplay.toy.diagnosis import EVERY
from ganplay.toy.experiment import diagnose
from ganplay.toy.monitor import MEASURED
from ganplay.toy.remedies import Remedy, as_expected, remedy

LASTING, MOST = 1500, 0.95
"""Steps from the time that a remedy says, in which what it brings must stay, and at which share of
the measurements it must be there."""


class Treatment(NamedTuple):
    """Runs that are ill, and what they are treated for.

    Attributes:
        kind: the finding on them.
        config: their settings, which get the remedy that is meant.
        after: steps after which they get it.
    """

    kind: str
    config: ToyConfig
    after: int = 1000

    @property
    def remedy(self) -> Remedy:
        """What is proposed for them."""
        found = remedy(self.kind, self.config)
        assert found is not None
        return found


def _ring(**settings: object) -> ToyConfig:
    return ToyConfig().repaired(settings)[0]


TREATMENTS: dict[str, Treatment] = {
    "a loss with gradients, and R1": Treatment("strong_d", PRESETS["vanishing"]),
    "a faster G": Treatment("strong_d", _ring(lr_g=1e-5)),
    "some updates of D": Treatment("strong_g", _ring(steps_d=0)),
    "a deeper D, G ahead": Treatment("strong_g", _ring(layers_d=0, lr_d=1e-4)),
    "a faster D, G ahead": Treatment("strong_g", _ring(lr_d=1e-6)),
    "a faster D": Treatment("hopping", _ring(lr_d=1e-4)),
    "fewer updates of G, and R1": Treatment("collapse", PRESETS["collapse"]),
    "R1": Treatment("hopping", _ring(beta1=0.9)),
    "a deeper D": Treatment("oscillation", _ring(layers_d=0)),
    "strong R1": Treatment("oscillation", PRESETS["oscillation"], 5000),
    "a gradient penalty": Treatment("divergence", _ring(loss="wasserstein", lr_g=0.02, lr_d=0.02)),
    "smaller steps": Treatment(
        "divergence",
        _ring(loss="least_squares", optimizer_g="sgd", optimizer_d="sgd", lr_g=1.0, lr_d=1.0),
        100,
    ),
}
"""By what the remedy is."""


def outcomes(treatment: Treatment, seeds: Sequence[int]) -> list[bool]:
    """For each seed whether what the remedy says came in time and stayed."""
    config, found = treatment.config, treatment.remedy
    trainer = ToyTrainer(config, seeds=seeds, threads=1)
    before = [findings[-1].evidence.js for findings in diagnose(trainer, treatment.after)]
    changed = config.repaired(found.changes)[0]
    if found.anew or needs_new_networks(config, changed):
        trainer = ToyTrainer(changed, seeds=seeds, threads=1)
    else:
        trainer.configure(changed)
    floor = trainer.noise_floor(MEASURED)["js"]
    treated = diagnose(trainer, found.within + LASTING)
    due = found.within // EVERY - 1
    stayed = []
    for findings, js in zip(treated, before, strict=True):
        there = [as_expected(found.expects, one, js, floor) for one in findings[due:]]
        stayed.append(there[0] and fmean(there) >= MOST)
    return stayed
