"""The page that public demos are made like: a generator for each visitor, through Gradio's queue.

What `sessions` measures the engine against. Each visitor's generator runs the textbook loop and
yields a plot every few steps.
"""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from collections.abc import Iterator

import gradio as gr
import plotly.graph_objects as go
import torch

from benchmarks.servers import page_flags
from benchmarks.toy_speed import Textbook
from ganplay import PRESETS

STEPS_A_FRAME = 10
FRAMES = 100_000


def watch() -> Iterator[go.Figure]:
    """Train, and show D's map with real and fake points every few steps."""
    textbook = Textbook(PRESETS["ring"])
    ticks = torch.linspace(-3, 3, 40)
    y, x = torch.meshgrid(ticks, ticks, indexing="ij")
    cells = torch.stack([x, y], dim=-1).view(-1, 2)
    for _ in range(FRAMES):
        for _ in range(STEPS_A_FRAME):
            textbook.step()
        with torch.no_grad():
            judged = textbook.discriminator(cells).view(40, 40)
            fake = textbook.generator(torch.randn(400, 2))
        figure = go.Figure(go.Heatmap(z=judged.numpy(), x=ticks.numpy(), y=ticks.numpy()))
        for points in (textbook.data[:800], fake):
            figure.add_scatter(x=points[:, 0].numpy(), y=points[:, 1].numpy(), mode="markers")
        yield figure


def main() -> None:
    """Serve the page."""
    port = page_flags(__doc__).port
    with gr.Blocks() as demo:
        plot = gr.Plot()
        gr.Button("Train").click(watch, None, plot, concurrency_limit=None, api_name="watch")
    demo.queue().launch(server_name="127.0.0.1", server_port=port, quiet=True)


if __name__ == "__main__":
    main()
