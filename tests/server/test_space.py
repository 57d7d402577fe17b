"""What a Hugging Face Space reads in place of pyproject.toml."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import uvicorn
import yaml
from gradio_client import Client
from packaging.requirements import Requirement

from ganplay.server import app
from ganplay.server.api import zero_gpu

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
NEWEST = {"torch": "2.12", "torchvision": "0.27"}
"""Below which versions a ZeroGPU Space's lie."""


def own():
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {r.name: r for r in map(Requirement, about["project"]["dependencies"])}


def of_space():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {r.name: r for r in map(Requirement, filter(None, lines))}


def header():
    _, text, _ = (ROOT / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(text)


def test_a_space_needs_what_the_package_needs():
    package, space = own(), of_space()
    assert package.keys() == space.keys()
    for name, requirement in package.items():
        assert requirement.marker == space[name].marker
        bounds = requirement.specifier
        if name in NEWEST:
            bounds = {s for s in bounds if s.operator != "<"}
            assert set(space[name].specifier) - bounds == {next(iter(limit(NEWEST[name])))}
        else:
            assert set(space[name].specifier) == set(bounds), name


def limit(version):
    return Requirement(f"x<{version}").specifier


def test_the_header_is_one_that_a_space_runs():
    found = header()
    assert found["sdk"] == "gradio"
    assert (ROOT / found["app_file"]).is_file()
    assert own()["gradio"].specifier.contains(found["sdk_version"])
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = Requirement(f"x{about['project']['requires-python']}").specifier
    assert needed.contains(found["python_version"])
    assert len(found["short_description"]) <= 60
    assert found["python_version"] in ("3.10", "3.10.13", "3.12", "3.12.12")
    assert found["suggested_hardware"] == "zero-a10g"  # what is free


class Begun(Exception):
    """The app has got as far as its engine."""


@pytest.mark.parametrize("given", [None, "192.0.2.1"])
@pytest.mark.parametrize("system", [None, "spaces"])
def test_on_a_space_its_proxy_is_believed_and_elsewhere_who_is_named(monkeypatch, system, given):
    for name, value in (("SYSTEM", system), ("FORWARDED_ALLOW_IPS", given)):
        monkeypatch.setenv(name, value or "")
        if value is None:
            monkeypatch.delenv(name)

    def begun():
        raise Begun

    monkeypatch.setattr(app, "Engine", begun)
    with pytest.raises(Begun):
        app.launch()
    usual = given or ("*" if system else "127.0.0.1")
    assert uvicorn.Config(None).forwarded_allow_ips.split(",")[0] == usual


def test_the_servers_own_pictures_are_made_on_a_gpu_if_it_has_one_for_good(monkeypatch):
    for lent, there, device in ((False, False, "cpu"), (False, True, "cuda"), (True, True, "cpu")):
        monkeypatch.setattr(zero_gpu, "ON_ZERO_GPU", lent)
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
        assert zero_gpu.usual_device().split(":")[0] == device


@pytest.mark.parametrize("version", ["2.8.0", "2.9.1", "2.10.0", "2.11.0"])
def test_the_versions_of_zerogpu_are_within_bounds(version):
    assert of_space()["torch"].specifier.contains(version)
    minor = int(re.match(r"2\.(\d+)", version)[1])
    assert of_space()["torchvision"].specifier.contains(f"0.{minor + 15}.0")


SERVED = """
import sys
sys.modules["spaces"] = None
from gradio_client import Client
from ganplay.server.api import zero_gpu
from ganplay.server.app import launch

assert zero_gpu.spaces is None
demo, url = launch(host="127.0.0.1", block=False)
made = Client(url, verbose=False).predict(["1;seed:5"], "digits", 1, api_name="/generate")
assert made["pictures"][0].startswith("data:image/png;base64,")
demo.close()
print("served", flush=True)
import os
os._exit(0)
"""


def ran(script, **environment):
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_app_runs_with_the_package_of_spaces(server):
    if not os.environ.get("CI"):
        pytest.importorskip("spaces")
    assert zero_gpu.spaces is not None
    made = Client(server.url, verbose=False).predict(
        ["1;seed:5"], "digits", 1, api_name="/generate"
    )
    assert made["pictures"][0].startswith("data:image/png;base64,")


def test_the_app_runs_without_the_package_of_spaces():
    done = ran(SERVED)
    assert done.stdout.endswith("served\n"), done.stderr[-2000:]


LENDER = """
import os, pickle

calls = []

def GPU(work, duration):
    assert 0 < duration <= 120

    def lent(*arguments):
        read, write = os.pipe()
        sent = pickle.dumps(arguments)
        child = os.fork()
        if not child:
            import torch
            torch.set_num_threads(1)
            with open(write, "wb") as to:
                to.write(pickle.dumps(work(*pickle.loads(sent))))
            os._exit(0)
        os.close(write)
        with open(read, "rb") as given:
            made = pickle.loads(given.read())
        os.waitpid(child, 0)
        calls.append(child)
        return made

    return lent
"""

LENT = """
import torch
torch.set_num_threads(1)
import spaces
from ganplay.latent.projection_queue import ProjectionQueue, ProjectionRequest
from ganplay.latent.model_store import ModelStore
from ganplay.server.api.zero_gpu import MIN_PICTURES, ON_ZERO_GPU, GpuJobs
from ganplay.latent.walk_export import export_walk
from ganplay.latent.walk_string import read_walk

assert ON_ZERO_GPU
gallery = ModelStore()
finder = ProjectionQueue(gallery)
bursts = GpuJobs(gallery, finder)

few = ["1;seed:5"]
assert bursts.render("digits", few) == gallery.render("digits", few) and not spaces.calls
many = [f"1;seed:{i}" for i in range(MIN_PICTURES)]
model = gallery.model("digits")  # its lock, held from here on, is of no account there
with gallery._lock:
    made = bursts.render("digits", many)
assert made == gallery.render("digits", many) and len(spaces.calls) == 1

target = model.sample([3])[0]
order = ProjectionRequest("digits", target, None, None, 2, 3, 0)
found, own = bursts.find(order, lambda _: True), finder.find(order, lambda _: True)
assert found.state == own.state and len(spaces.calls) == 2

text = "1;frames:6|1;model:digits;seed:1|1;model:digits;seed:2"
walk, problems = read_walk(text, "digits", model.space)
assert not problems
film = bursts.export("digits", walk, "strip", 1, None)
assert film.data == export_walk(model, walk, "strip").data and len(spaces.calls) == 3
print("lent")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a GPU is lent to forked processes")
def test_a_lent_gpu_works_in_a_process_that_is_a_copy(tmp_path):
    package = tmp_path / "spaces"
    package.mkdir()
    (package / "__init__.py").write_text(LENDER)
    (package / "config.py").write_text("class Config:\n    zero_gpu = True\n")
    done = ran(LENT, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert done.stdout.endswith("lent\n"), done.stderr[-2000:]
