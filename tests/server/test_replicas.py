"""Two replicas behind the proxy of deploy/, one of which is stopped in the middle of a class."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from helpers.live_class import Lecturer, Student
from helpers.tab import Tab

from ganplay.live import film
from ganplay.media import uploads
from ganplay.server.http import gradio_lockdown
from ganplay.toy import checkpoint, custom_points

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 90
SMALL = "#state=1;batch_size:16;width_g:8;width_d:8"
"""Small nets, so that two servers and two pages have room on one machine."""


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def wait_for(url):
    late = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status
        except OSError:
            assert time.monotonic() < late, f"{url} does not answer"
            time.sleep(0.2)


@pytest.fixture
def proxied(tmp_path):
    """The address that nginx shows, the replicas by the address that it knows them by, and what
    starts one of them, as often as one likes."""
    if shutil.which("nginx") is None:
        assert not os.environ.get("CI"), "nginx is needed in CI"
        pytest.skip("nginx is not installed")
    own, *ports = free_ports(3)
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for written, port in zip(("8080", "7860", "7861"), (own, *ports), strict=True):
        text, changed = re.subn(rf"(127\.0\.0\.1:){written}\b", rf"\g<1>{port}", text)
        assert changed == 1
    (tmp_path / "nginx.conf").write_text(text, encoding="utf-8")
    line = [sys.executable, "-m", "ganplay.cli", "app", "--root-path", "/lab", "--port"]
    quiet = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    replicas = {}

    def start(address):
        replicas[address] = subprocess.Popen([*line, address.split(":")[1]], **quiet)

    for port in ports:
        start(f"127.0.0.1:{port}")
    nginx = ["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", "stderr"]
    with open(tmp_path / "log", "w") as log:
        proxy = subprocess.Popen([*nginx, "-g", "daemon off;"], stdout=log, stderr=log)
    try:
        for address in replicas:
            wait_for(f"http://{address}/")
        wait_for(f"http://127.0.0.1:{own}/lab/")
        yield f"http://127.0.0.1:{own}/lab/", replicas, start
    finally:
        for process in (proxy, *replicas.values()):
            process.terminate()
        for process in (proxy, *replicas.values()):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def test_the_proxy_lets_through_what_the_app_takes():
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    (most,) = re.findall(r"client_max_body_size (\d+)m;", text)
    assert int(most) * 2**20 > max(checkpoint.MAX_BYTES, film.MAX_BYTES, uploads.MAX_BYTES,
                                   custom_points.MAX_FILE,
                                   gradio_lockdown.MAX_REQUEST)  # fmt: skip
    assert "proxy_request_buffering off;" in text  # else what a visitor sends lies on its disk


def replica_of(tab):
    """Which replica a page is with: the last one that nginx has asked."""
    tried = tab.see(
        "fetch('ganplay/schema.json', {cache: 'no-store'}).then((r) => r.headers.get('x-replica'))"
    )
    return tried.split(", ")[-1]


def with_the_other(chromium, url, first):
    """A page of the replica that another page is not with."""
    taken = replica_of(first)
    for _ in range(100):  # visitors, each with even chances
        with urllib.request.urlopen(f"{url}ganplay/schema.json", timeout=20) as answer:
            replica, cookie = answer.headers["x-replica"], answer.headers["set-cookie"]
        if replica != taken:
            name, value = cookie.split(";")[0].split("=", 1)
            own = {"name": name, "value": value, "domain": "127.0.0.1", "path": "/lab"}
            tab = Tab(chromium, url + SMALL, script="0", storage_state={"cookies": [own]})
            assert replica_of(tab) == replica
            return tab
    raise AssertionError("all visitors go to one replica")


def redirected(url, path):
    """The answer to a browser that asks for an address outside the app, without a cookie."""
    with closing(http.client.HTTPConnection(url.split("/")[2], timeout=20)) as line:
        line.request("GET", path)
        answer = line.getresponse()
        return answer.status, answer.headers["location"], answer.headers["set-cookie"]


def use_the_other_views(tab):
    """A picture in Explore, a run in Learn, and an arena that goes on; then back to the lab."""
    page = tab.page
    page.click("#view-explore")
    page.wait_for_function("ganplay.explore?.drawn > 0 && ganplay.explore.source.up")
    drawn = tab.see("ganplay.explore.drawn")
    page.click(".ex-seed-more")
    page.wait_for_function(f"ganplay.explore.drawn > {drawn}")
    page.click("#view-learn")
    page.click('[data-lesson="oscillation"]')
    assert tab.see("ganplay.learn.runs.runPart('together')")
    page.click("#view-arena")
    page.wait_for_function("ganplay.arena?.status === 'live'")
    step = tab.see("ganplay.arena.step")
    if step == 0:
        page.click(".ar-make")
    page.wait_for_function(f"ganplay.arena.step > {step}")
    page.click("#view-lab")


def test_a_class_is_with_one_replica_and_goes_on_with_the_other(proxied):
    url, replicas, _ = proxied
    lecturer = Lecturer(url)
    lecturer.look()
    students = [Student(url, lecturer.code) for _ in range(8)]  # without cookies: of any replica
    for option, student in enumerate(students):
        student.answer(option % 3)
    assert lecturer.look().counts() == [3, 3, 2]
    gone = students.pop()  # closes the page, and so tells nothing again
    replicas[lecturer.replica].kill()
    late = time.monotonic() + SECONDS
    while not lecturer.tries():
        assert time.monotonic() < late
        time.sleep(0.2)
    students[0].answer(2)  # who changes nothing else than what is shown
    for student in students[1:]:
        student.tell()
    assert lecturer.look().counts() == [2, 3, 3]
    assert lecturer.here() == len(students)
    assert lecturer.replica == gone.tell()
    lecturer.end()
    assert [student.refused() for student in students] == ["class_ended"] * len(students)


def test_pages_of_a_replica_that_stops_go_on_with_the_other(chromium, proxied):
    url, replicas, start = proxied
    # A cookie from here would take the place of the one that the page has meanwhile.
    assert redirected(url, "/favicon.ico") == (308, "/lab/favicon.ico", None)
    assert redirected(url, "/lab") == (308, "/lab/", None)
    one = Tab(chromium, url + SMALL)
    with_first = replica_of(one)
    other = with_the_other(chromium, url, one)
    assert replica_of(one) == with_first  # each request of a page goes to the same one

    one.see("ganplay.configure({distribution: 'grid'})")
    one.until("ganplay.config.distribution === 'grid' && ganplay.frame.step > 40")
    step, seed = one.see("[ganplay.frame.step, ganplay.config.seed]")
    untouched = other.see("(window.line = ganplay.link.socket, ganplay.frame.step)")

    one.comes_back(loses=replicas[with_first].kill)
    one.until(f"ganplay.frame.step >= {step}", 60)
    assert one.see("[ganplay.config.distribution, ganplay.config.seed]") == ["grid", seed]
    assert replica_of(one) == replica_of(other) != with_first
    other.until(f"ganplay.frame.step > {untouched}")
    assert other.see("ganplay.link.socket === line")
    assert other.complaints == []

    # The first is started again at its old address, and the one that all are with is stopped.
    start(with_first)
    use_the_other_views(other)
    wait_for(f"http://{with_first}/")
    other.press("r")
    other.until("ganplay.frame.step > 40")
    step = other.pause()
    other.comes_back(loses=replicas[replica_of(other)].kill)
    other.until(f"ganplay.frame.step === {step} && !ganplay.frame.catchingUp", 60)
    one.until("ganplay.status === 'live' && ganplay.frame.step > 0", 60)
    assert one.see("[ganplay.config.distribution, ganplay.config.seed]") == ["grid", seed]
    assert replica_of(one) == replica_of(other) == with_first
    use_the_other_views(other)
    for tab in (one, other):  # without `done`: a browser writes down that a line broke
        tab.context.close()
