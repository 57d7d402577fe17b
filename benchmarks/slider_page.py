"""The page that public demos are made like: a `gr.Slider` and a `gr.Image` around the same model.

What `explorer` measures the Explore view against.
"""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
import torch
from PIL import Image

import ganplay
from benchmarks.servers import page_flags
from ganplay.images.latent_state import LatentState
from ganplay.media.contact_sheet import contact_sheet


def main() -> None:
    """Serve the page."""
    options = page_flags(__doc__, "model")
    torch.set_num_threads(1)
    model = ganplay.load(options.model)

    def picture(amount: float) -> Image.Image:
        state = LatentState(options.model, moves=((0, amount),))
        return contact_sheet(model.render([state]), 1, 0)

    with gr.Blocks() as demo:
        slider = gr.Slider(-4, 4, 0, step=0.05)
        image = gr.Image(format="png")
        slider.input(picture, slider, image, show_progress="hidden", trigger_mode="always_last")
    demo.queue().launch(server_name="127.0.0.1", server_port=options.port, quiet=True)


if __name__ == "__main__":
    main()
