"""The page: Gradio's frame around the lab, and the server that both live on."""

import gc
import os
import sys

# Before gradio is imported: it summarises all past events for each new one, which gets slower
# the longer an app runs.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from ganplay.images.evaluation.index_cache import IndexCache
from ganplay.images.evaluation.training_images import roots_given
from ganplay.latent.model_store import ModelStore
from ganplay.latent.projection_queue import ProjectionQueue
from ganplay.live.engine import Engine
from ganplay.server.api.images import ImageApi
from ganplay.server.api.projection import ProjectApi
from ganplay.server.api.toy import train_toy, write_script
from ganplay.server.api.walk import WalkApi
from ganplay.server.api.zero_gpu import GpuJobs, usual_device
from ganplay.server.arena.routes import ArenaRoutes
from ganplay.server.explore.projection_routes import Find
from ganplay.server.explore.routes import Explorer
from ganplay.server.explore.walk_routes import Walks
from ganplay.server.http import auth, logs
from ganplay.server.http.gradio_lockdown import GradioLockdown, shut, tame
from ganplay.server.http.idle_timeouts import watch
from ganplay.server.http.journal import AccessLog
from ganplay.server.http.live_socket import LabRoutes
from ganplay.server.http.logs import note
from ganplay.server.http.rate_limits import Limits
from ganplay.server.lab.files import Transfers
from ganplay.server.learn.routes import Learning
from ganplay.server.schema import ASSETS
from ganplay.server.status.report import ServerReport, versions
from ganplay.server.status.routes import Operator, SignedInBrowsers

FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans CJK SC",
         "PingFang SC", "Microsoft YaHei", "sans-serif"]  # fmt: skip
"""Of the visitor's own system: nothing is fetched, and Chinese looks as it does elsewhere."""
MONO = ["ui-monospace", "Menlo", "Consolas", "monospace"]


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def build(gallery: ModelStore, finder: ProjectionQueue, walks: Walks) -> gr.Blocks:
    """The page's Blocks: one component that our own script fills, and the named endpoints."""
    bursts = GpuJobs(gallery, finder)
    images, finding = ImageApi(gallery, bursts), ProjectApi(finder, bursts)
    with gr.Blocks(title="ganplay", fill_width=True, analytics_enabled=False) as demo:
        lab = gr.HTML(
            html_template=_asset("lab/lab.html"),
            js_on_load=_asset("mount.js"),
            server_functions=[new_token],
            apply_default_css=False,
            elem_id="lab-host",
        )
        # The token travels as the component's value: connecting before `load` registers nothing.
        demo.load(
            new_token, None, lab, queue=False, show_progress="hidden", api_visibility="private"
        )
        gr.api(train_toy, api_name="train_toy", concurrency_limit=1)  # type: ignore[attr-defined]
        own = images.info, images.generate, finding.project, WalkApi(walks, bursts).walk
        for endpoint in (write_script, *own):
            gr.api(endpoint, api_name=endpoint.__name__)  # type: ignore[attr-defined]
    return demo


def new_token(_: object = None) -> str:
    """A token for a page that has just loaded, or whose old one the server no longer knows.

    Gradio hands functions that a page's script calls what it sent, even if that is nothing.
    """
    return auth.issue()


def launch(
    host: str | None = None,
    port: int | None = None,
    *,
    open_browser: bool = False,
    block: bool = True,
    engine: Engine | None = None,
    root_path: str | None = None,
    data_roots: Sequence[Path] | None = None,
    mcp: bool | None = None,
    device: str | None = None,
    log: bool = False,
) -> tuple[gr.Blocks, str]:
    """Serve the page.

    Args:
        host: address to listen on; by default 127.0.0.1, or what GRADIO_SERVER_NAME says.
        port: port to listen on; by default the first free one from 7860 on.
        open_browser: open the page in the visitor's browser.
        block: serve until interrupted; otherwise return at once.
        engine: what trains; by default a new one with a worker a core.
        root_path: the path under which a proxy shows the app.
        data_roots: folders with what models learnt from; by default those of GANPLAY_DATA.
        mcp: offer the named endpoints as tools of the Model Context Protocol too, which needs
            `gradio[mcp]`; by default as GRADIO_MCP_SERVER says.
        device: where image models draw; by default a GPU if this machine has one of its own.
        log: tell of all that happens on standard error, a line of JSON each; without it only of
            warnings and errors.

    Returns:
        The Blocks and the page's address.
    """
    if os.environ.get("SYSTEM") == "spaces":  # whose proxy alone can reach us, and names visitors
        os.environ.setdefault("FORWARDED_ALLOW_IPS", "*")
    engine = engine or Engine()
    engine.warm_up()
    roots = roots_given() if data_roots is None else data_roots
    gallery = ModelStore(indexes=IndexCache(roots), device=device or usual_device())
    finder, learning = ProjectionQueue(gallery), Learning()
    guests = SignedInBrowsers()
    lab = LabRoutes(engine, guests.knows)
    arena = ArenaRoutes(engine, guests.knows, lab.line)
    busy = (Transfers(engine), Explorer(gallery), Find(finder), learning, Walks(gallery))
    *_, walks = busy
    operator = Operator(guests, ServerReport(engine, gallery, lab.line, busy))
    rooms = (lab, arena, *busy, operator)
    demo = build(gallery, finder, walks)
    tame()
    arguments: dict[str, Any] = {
        "app_kwargs": {
            "routes": [*shut(), *(r for room in rooms for r in room.all())],
            "middleware": [Middleware(AccessLog), Middleware(Limits), Middleware(GradioLockdown)],
        }
    }
    _, url, _ = demo.queue(default_concurrency_limit=2, max_size=40).launch(
        server_name=host,
        server_port=port,
        inbrowser=open_browser,
        prevent_thread_lock=True,
        root_path=root_path,
        quiet=True,
        theme=gr.themes.Base(font=FONTS, font_mono=MONO),
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=mcp,
        run_history=False,
        footer_links=[],
        max_file_size="2mb",
        favicon_path=str(ASSETS / "shared" / "favicon.png"),
        **arguments,
    )
    # All that has been imported stays: whoever looks for garbage need not look through it again
    # and again, while all threads wait. Before anybody is told: Python drops an interrupt that
    # comes while a finalizer runs.
    gc.collect()
    gc.freeze()
    watch(demo.server.config)
    # Frames are dense already: a tenth fewer bytes would cost the event loop twice its time.
    demo.server.config.ws_per_message_deflate = False
    print(f"ganplay is at {url}", file=sys.stderr, flush=True)
    logs.start(log)  # from here on there are lines of JSON and nothing else
    note("start", **versions())
    if block:
        try:
            demo.block_thread()
        finally:
            # Threads that are in the middle of a computation when Python ends abort the process.
            engine.stop()
            finder.stop()
            gallery.stop()
            walks.stop()
            learning.stop()
    return demo, url
