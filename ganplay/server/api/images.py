"""Named endpoints on the trained image models: what there is, and pictures of states."""

import base64
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as TooLate
from contextlib import contextmanager
from typing import Any

from ganplay.common.links import piece_of
from ganplay.images.latent_state import MAX_STATE, model_of
from ganplay.latent.model_store import MOST_PICTURES, ModelStore, Rendered
from ganplay.media.uploads import UploadError
from ganplay.media.video import Cancelled
from ganplay.server.api.toy import Refused, integer
from ganplay.server.api.zero_gpu import GpuJobs, in_context
from ganplay.server.explore.request import message_of

MAX_ZOOM = 8
SECONDS = 60.0
"""A call that is not answered by then is given up."""


def data_url(content: bytes, kind: str = "image/png") -> str:
    """A file in text."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@contextmanager
def refusing(late: str) -> Iterator[None]:
    """Tell a caller in words why work on an image model failed; `late`, if it took too long."""
    try:
        yield
    except UploadError as error:
        raise Refused(f"picture: {error}") from None
    except (TooLate, Cancelled, CancelledError):
        raise Refused(f"busy: {late}") from None
    except Exception as error:
        raise Refused(message_of(error)) from None


def texts_of(name: str, value: Any, max_count: int) -> list[str]:
    """State strings as an endpoint was given them: one, or a list; of links, what they hold.

    Raises:
        Refused: naming the field.
    """
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Refused(f"{name}: {str(value)[:40]!r} is not possible; texts are needed")
    texts = [piece_of(text, "explore") for text in texts]
    if not 1 <= len(texts) <= max_count or max(map(len, texts)) > MAX_STATE:
        raise Refused(f"{name}: 1 to {max_count} of at most {MAX_STATE} characters are possible")
    return texts


class ImageApi:
    """Endpoints on one model store."""

    def __init__(self, model_store: ModelStore, gpu_jobs: GpuJobs) -> None:
        self.model_store, self.gpu_jobs = model_store, gpu_jobs

    def model_named(self, texts: Sequence[str], model: str) -> str:
        """The model that is asked for: by name, or the first state's.

        Raises:
            Refused: if there is none of that name.
        """
        name = model or model_of(texts[0])
        if not isinstance(name, str) or name not in self.model_store.cards:
            known = ", ".join(self.model_store.cards) or "(none here)"
            raise Refused(f"model: {str(name)[:40]!r} is not possible; one of {known}")
        return name

    def info(self, model: str = "") -> dict:
        """What is known of the trained image models.

        Args:
            model: the name of one, whose whole card is returned; all are listed without it.

        Returns:
            For one model its card: data, training, metrics with their protocol, labels. Without a
            name the list of models, each with its data, size, labels, steps and quality.
        """
        if not model:
            return {"models": self.model_store.catalogue()}
        return self.model_store.cards[self.model_named([""], model)].model_dump(mode="json")

    def generate(self, states: str | list[str] = "1", model: str = "", zoom: int = 1) -> dict:
        """Pictures of moments in a model's latent space.

        Args:
            states: a state string or share link, or a list of them (1 to 64), such as
                "1;model:digits-conditional;seed:5;label:7;truncation:0.7;d0:2.5".
            model: its name; by default the first state's.
            zoom: how many times as large each pixel is drawn (1 to 8).

        Returns:
            For each state the string that was drawn, its picture as a PNG in a data URL, and what
            of the string could not be used.
        """
        texts = texts_of("states", states, MOST_PICTURES)
        name, times = self.model_named(texts, model), integer("zoom", zoom, 1, MAX_ZOOM)
        made = self.rendered(name, texts)
        return {
            "model": name,
            "states": made.states,
            "pictures": [data_url(png) for png in made.pngs(times)],
            "problems": [[str(one) for one in problems] for problems in made.problems],
        }

    def rendered(self, name: str, texts: list[str]) -> Rendered:
        """Pictures of states, made in a thread of the model store.

        Raises:
            Refused: if they cannot be made.
        """
        work = self.model_store.submit(
            in_context(self.gpu_jobs.render, name, texts), pictures=len(texts)
        )
        with refusing("nothing could be drawn within a minute"):
            return work.result(SECONDS)
