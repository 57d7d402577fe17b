"""What a page of the Toy Lab is told beside frames: settings, data, remedies, and why it pauses."""

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jaxtyping import Float
from torch import Tensor

from ganplay.common.settings import Problem, as_plain
from ganplay.live.frame_codec import pack_points
from ganplay.live.network_inspection import noise_reach
from ganplay.live.run import NAMES, LiveRun, unshared
from ganplay.live.session import MAX_STEPS
from ganplay.toy.config import ToyConfig
from ganplay.toy.remedies import remedy

if TYPE_CHECKING:
    from ganplay.live.lab_session import LabSession


class LabMessages:
    """The events of one session, and what its page knows already."""

    def __init__(self, session: "LabSession") -> None:
        # Of a cycle the networks would stay in memory until the next garbage collection.
        self._session: LabSession = weakref.proxy(session)
        self._sent_points: str | None = None
        self._sent_diagnoses: list[tuple[str, bool, ToyConfig]] = []

    def send_everything(self) -> None:
        """Tell a page that has just come all that it does not know."""
        session = self._session
        self._sent_points = None
        self.forget_remedies()
        _ = session.trainer  # the networks are made before anything is told of them
        self.send_state()
        self.send_data()
        if session.diverged:
            self.send_standstill()

    def send_state(self, problems: list[Problem] | None = None, restarted: bool = False) -> None:
        """Send all settings, and what could not be done; of run B those that A does not share.

        Custom points, which may be long, are left out where the page has them already.
        """
        session = self._session
        run_a = session.config
        config, state, points = run_a.to_dict(), run_a.to_state(), run_a.points
        if points and points == self._sent_points:
            del config["points"]
            state = state.removesuffix(f";points:{points}")
        self._sent_points = points
        session._send(
            type="state",
            config=config,
            state=state,
            rival=unshared(session.runs[1].config) if len(session.runs) == 2 else None,
            playing=session.playing,
            speed=session.speed,
            stop=session.stop and vars(session.stop),
            run=session.run,
            problems=as_plain(problems or []),
            restarted=restarted,
        )

    def send_data(self) -> None:
        """Send what is the same in all frames: real points, modes, metrics of real data."""
        self._session._send(type="data", **run_data(self._session.runs[0]))

    def send_remedies(self) -> None:
        """Send what helps each run against its diagnosis, if that has changed."""
        diagnoses = [
            (run.diagnosis.finding.kind, run.diagnosis.sure, run.config)
            for run in self._session.runs
        ]
        if diagnoses == self._sent_diagnoses:
            return
        self._sent_diagnoses = diagnoses
        lanes = []
        for kind, sure, config in diagnoses:
            found = remedy(kind, config) if sure else None
            lanes.append({"kind": kind, "sure": sure, "remedy": found and found._asdict()})
        self._session._send(type="remedies", lanes=lanes)

    def forget_remedies(self) -> None:
        """A new run has begun, of which the page knows no remedies."""
        self._sent_diagnoses = []

    def send_standstill(self) -> None:
        """Say why no more steps are taken: the run diverged, or it has reached its last step."""
        session = self._session
        kind = "diverged" if session.diverged else "limit"
        lanes = [name for name, run in zip(NAMES, session.runs, strict=False) if run.diverged]
        session._send(type=kind, step=session.trainer.steps, limit=MAX_STEPS, lanes=lanes)


def run_data(run: LiveRun) -> dict[str, Any]:
    """What is the same in all frames of a run that has started."""
    distribution, renderer = run.trainer.distribution(), run.renderer
    modes, extent = distribution.modes, renderer.extent
    ticks = renderer.ticks.tolist()
    return {
        "centres": [] if modes is None else pack_points(modes, extent),
        "reaches": 3 * distribution.sigma / extent,
        "floor": renderer.monitor.floor["js"],
        "dispersion": renderer.monitor.floor["dispersion"],
        **data_message(run.config, renderer.real, renderer.real_labels, ticks),
    }


def data_message(
    config: ToyConfig,
    real: Float[Tensor, "n 2"],
    labels: Tensor | None,
    ticks: Sequence[float] = (),
) -> dict[str, Any]:
    """What a page is told once about the data over which frames are drawn.

    Args:
        config: whose data.
        real: points to draw.
        labels: their classes; None for data without.
        ticks: values of the noise at which the lines of G's grid are.
    """
    data = config.data
    return {
        "extent": data.extent,
        "real": pack_points(real, data.extent),
        "labels": [] if labels is None else labels.tolist(),
        "classes": config.classes,
        "modes": 0 if data.modes is None else len(data.modes),
        "ticks": [round(tick, 4) for tick in ticks],
        "reach": noise_reach(config.noise),
    }
