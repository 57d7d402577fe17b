"""The page: Gradio's frame around our own views, and the server that both live on."""

import gc
import os
import sys
import webbrowser
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from typing_extensions import Self

from ganplay.common.locales import LANGUAGES, locale
from ganplay.images.evaluation.index_cache import IndexCache
from ganplay.images.evaluation.training_images import roots_given
from ganplay.latent.model_store import ModelStore
from ganplay.latent.projection_queue import ProjectionQueue
from ganplay.live.engine import Engine
from ganplay.server.address import Address, AddressError, listening
from ganplay.server.address import root_path as path_of
from ganplay.server.api.endpoints import Endpoints, agent_answer, documented
from ganplay.server.api.images import ImageApi
from ganplay.server.api.projection import ProjectionApi
from ganplay.server.api.toy import read_points, train_toy, write_script
from ganplay.server.api.walk import WalkApi
from ganplay.server.api.zero_gpu import GpuJobs, usual_device
from ganplay.server.arena.routes import ArenaRoutes
from ganplay.server.article.routes import ArticleRoutes
from ganplay.server.explore.projection_routes import ProjectionRoutes
from ganplay.server.explore.routes import ExploreRoutes
from ganplay.server.explore.walk_routes import WalkRoutes
from ganplay.server.gradio_import import gr, own_network
from ganplay.server.http import auth, logs
from ganplay.server.http.gradio_lockdown import GradioLockdown, blocked_routes, patch_gradio
from ganplay.server.http.idle_timeouts import install_timeouts
from ganplay.server.http.logs import AccessLog, log_event
from ganplay.server.http.lost_fragment import LostFragment
from ganplay.server.http.origins import OriginCheck
from ganplay.server.http.rate_limits import RateLimits
from ganplay.server.http.secret_check import SecretCheck, SecretHeader
from ganplay.server.lab.files import LabFileRoutes
from ganplay.server.lab.routes import LabRoutes
from ganplay.server.learn.class_routes import ClassRoutes
from ganplay.server.learn.record_store import RecordStore, StatementSender
from ganplay.server.learn.report_routes import ReportRoutes
from ganplay.server.learn.routes import LearnRoutes
from ganplay.server.schema import ASSETS
from ganplay.server.status.report import ServerReport, versions
from ganplay.server.status.routes import SignedInBrowsers, StatusRoutes

FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans CJK SC",
         "PingFang SC", "Microsoft YaHei", "sans-serif"]  # fmt: skip
"""Of the visitor's own system: nothing is fetched, and Chinese looks as it does elsewhere."""
MONO = ["ui-monospace", "Menlo", "Consolas", "monospace"]


class RouteGroups(NamedTuple):
    """All routes of ours, a group for each part of the page."""

    lab: LabRoutes
    arena: ArenaRoutes
    files: LabFileRoutes
    explore: ExploreRoutes
    projection: ProjectionRoutes
    learn: LearnRoutes
    reports: ReportRoutes
    live_class: ClassRoutes
    walks: WalkRoutes
    article: ArticleRoutes
    status: StatusRoutes

    @classmethod
    def made(cls, engine: Engine, model_store: ModelStore) -> Self:
        """New ones, on an engine and on the image models of a store."""
        browsers = SignedInBrowsers()
        lab = LabRoutes(engine, browsers.knows)
        arena = ArenaRoutes(engine, browsers.knows, lab.line)
        files, explore = LabFileRoutes(engine), ExploreRoutes(model_store)
        projection, learn = ProjectionRoutes(ProjectionQueue(model_store)), LearnRoutes()
        walks, article, reports = WalkRoutes(model_store), ArticleRoutes(), ReportRoutes(learn)
        with_slots = (files, explore, projection, learn, reports, walks, article)
        report = ServerReport(engine, model_store, lab.line, with_slots)
        status = StatusRoutes(browsers, report, SecretCheck())
        live_class = ClassRoutes(learn.lesson, browsers.knows)
        in_learn = (learn, reports, live_class)
        return cls(lab, arena, files, explore, projection, *in_learn, walks, article, status)

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        return [route for group in self for route in group.all()]

    def stop(self) -> None:
        """End all work: threads that compute when Python ends would abort the process."""
        self.lab.engine.stop()
        self.projection.projection_queue.stop()
        self.explore.model_store.stop()
        self.walks.stop()
        self.learn.stop()
        self.article.stop()
        self.reports.stop()


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _page() -> str:
    """The page's markup; what it says where its words cannot be fetched stands in it already."""
    told = {language: locale(language)["unloaded"] for language in LANGUAGES}
    lines = [f'<p lang="{name}">{escape(words["page"])}</p>' for name, words in told.items()]
    again = escape(" · ".join(words["again"] for words in told.values()))
    before, begin, rest = _asset("lab/lab.html").partition("<!--")
    lines.append(f'<button type="button">{again}</button>')
    return before + "".join(lines) + begin + rest


def build(groups: RouteGroups) -> gr.Blocks:
    """The page's Blocks: one component that our own script fills, and the named endpoints."""
    model_store, projection_queue = groups.explore.model_store, groups.projection.projection_queue
    gpu_jobs = GpuJobs(model_store, projection_queue)
    images, projection = ImageApi(model_store, gpu_jobs), ProjectionApi(projection_queue, gpu_jobs)
    walk = WalkApi(groups.walks, gpu_jobs).walk
    with Endpoints(title="ganplay", fill_width=True, analytics_enabled=False) as demo:
        page = gr.HTML(
            html_template=_page(),
            js_on_load=_asset("mount.js"),
            server_functions=[new_token],
            apply_default_css=False,
            elem_id="lab-host",
        )
        # The token travels as the component's value: connecting before `load` registers nothing.
        demo.load(
            new_token, None, page, queue=False, show_progress="hidden", api_visibility="private"
        )
        endpoints = (
            train_toy,
            write_script,
            read_points,
            images.info,
            images.generate,
            projection.project,
            walk,
        )
        for endpoint in endpoints:
            alone = {"concurrency_limit": 1} if endpoint is train_toy else {}
            name = endpoint.__name__
            gr.api(documented(endpoint), api_name=name, **alone)  # type: ignore[attr-defined]
    return demo


def new_token(_: object = None) -> str:
    """A token for a page that has just loaded, or whose old one the server no longer knows.

    Gradio hands functions that a page's script calls what it sent, even if that is nothing.
    """
    return auth.issue()


def log_left_out(model_store: ModelStore) -> None:
    """Tell whoever serves ganplay of models that cannot be used."""
    for name, code, why in model_store.shelf.left_out:
        logs.warn("a model is left out", model=name, code=code, why=why)


def launch(
    host: str | None = None,
    port: int | None = None,
    *,
    open_browser: bool = False,
    block: bool = True,
    engine: Engine | None = None,
    root_path: str | None = None,
    data_roots: Sequence[Path] | None = None,
    model_folders: Sequence[Path] = (),
    mcp: bool | None = None,
    device: str | None = None,
    log: bool = False,
    store: RecordStore | None = None,
    route_groups: RouteGroups | None = None,
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
        model_folders: of exported models to explore beside those that come along, each a model's
            own or one with a folder for each.
        mcp: offer the named endpoints as tools of the Model Context Protocol too, which needs
            `gradio[mcp]`; by default as GRADIO_MCP_SERVER says.
        device: where image models draw; by default a GPU if this machine has one of its own.
        log: log all that happens on standard error, a line of JSON each; without it only warnings
            and errors.
        store: of learning records, to which what students do in lessons is sent as xAPI
            statements; by default none.
        route_groups: what serves our own routes; by default new ones, of `engine`, `data_roots`,
            `model_folders` and `device`.

    Returns:
        The Blocks and the page's address.

    Raises:
        AddressError: if the app cannot listen there, or `root_path` is no path.
    """
    if os.environ.get("SYSTEM") == "spaces":  # whose proxy alone can reach us, and names visitors
        os.environ.setdefault("FORWARDED_ALLOW_IPS", "*")
    address, path = listening(host, port), path_of(root_path)
    if route_groups is None:
        engine = engine or Engine()
        roots = roots_given() if data_roots is None else data_roots
        device = device or usual_device()
        model_store = ModelStore(indexes=IndexCache(roots), device=device, folders=model_folders)
        route_groups = RouteGroups.made(engine, model_store)
    if store is not None:
        here = path if "://" in path else f"{address.url.rstrip('/')}{path}"
        route_groups.reports.send_to(StatementSender(store._replace(home=store.home or here)))
    with own_network():
        demo = _serve(route_groups, address, path, mcp)
        logs.start(log)  # before anybody knows the address: the log has the first visitor too
        _tell(address, route_groups, open_browser)
        if block:
            try:
                demo.block_thread()
            finally:
                route_groups.stop()
    return demo, address.url


def _serve(groups: RouteGroups, address: Address, path: str, mcp: bool | None) -> gr.Blocks:
    """Have Gradio's server listen, with our routes and what stands before all routes."""
    groups.lab.engine.warm_up()
    demo = build(groups)
    patch_gradio()
    before_all = [Middleware(kind) for kind in (AccessLog, RateLimits, OriginCheck)]
    before_all.append(Middleware(SecretHeader, check=groups.status.secret_check))
    before_all += [Middleware(GradioLockdown), Middleware(LostFragment)]
    try:
        demo.queue(default_concurrency_limit=2, max_size=40).launch(
            server_name=address.host,
            server_port=address.port,
            prevent_thread_lock=True,
            root_path=path,
            quiet=True,
            theme=gr.themes.Base(font=FONTS, font_mono=MONO),
            ssr_mode=False,
            enable_monitoring=False,
            mcp_server=mcp,
            run_history=False,
            footer_links=[],
            max_file_size="2mb",
            favicon_path=str(ASSETS / "shared" / "favicon.png"),
            app_kwargs={"routes": [*blocked_routes(), *groups.all()], "middleware": before_all},
        )
    except OSError as error:
        raise AddressError(f"port: {address.port} cannot be listened at ({error})") from error
    if demo.mcp_server_obj is not None:
        vars(demo.mcp_server_obj).update(postprocess_output_data=agent_answer)
    # All that has been imported stays: whoever looks for garbage need not look through it again
    # and again, while all threads wait. Before anybody is told: Python drops an interrupt that
    # comes while a finalizer runs.
    gc.collect()
    gc.freeze()
    install_timeouts(demo.server.config)
    # Frames are dense already: a tenth fewer bytes would cost the event loop twice its time.
    demo.server.config.ws_per_message_deflate = False
    return demo


def _tell(address: Address, groups: RouteGroups, open_browser: bool) -> None:
    """Say where the page is: by the address that others in the network can use too."""
    url = address.url
    groups.lab.home = url if address.everywhere else None
    here = "" if url == address.here else f" (on this machine also at {address.here})"
    print(f"ganplay is at {url}{here}", file=sys.stderr, flush=True)
    log_event("start", **versions())
    log_left_out(groups.explore.model_store)
    if open_browser:
        webbrowser.open(url)
