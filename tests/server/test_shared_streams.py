import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers.lessons import FAST, ask, known, pieces
from helpers.tab import in_a_loop

from ganplay.server.http import shared_streams
from ganplay.server.http.shared_streams import SharedStream, SharedStreams
from ganplay.server.learn.routes import LearnRoutes


@pytest.fixture
def pool():
    with ThreadPoolExecutor(1) as made:
        yield made


def evening(work):
    return in_a_loop(asyncio.wait_for(work(), 30))


async def all_of(run):
    with run.followed():
        return [piece async for piece in run.parts()]


def test_all_see_all_of_it_whenever_they_come(pool):
    go_on = threading.Event()

    def work(tell):
        assert tell(b"one")
        go_on.wait(10)
        assert tell(b"two")
        return b"last"

    async def look():
        run = SharedStream(work, pool)
        early = asyncio.create_task(all_of(run))
        await asyncio.sleep(0.05)
        later = asyncio.create_task(all_of(run))
        await asyncio.sleep(0.05)
        assert not run.done
        go_on.set()
        assert await early == await later == [b"one", b"two", b"last"]
        assert run.done
        assert run.size == 10
        assert await all_of(run) == [b"one", b"two", b"last"]

    evening(look)


def test_when_the_last_has_left_it_ends(pool):
    ended = threading.Event()

    def work(tell):
        while tell(b"more"):
            ended.wait(0.01)
        ended.set()
        return b""

    async def look():
        runs, run = SharedStreams(), SharedStream(work, pool)
        runs.keep("key", run)
        first, second = run.followed(), run.followed()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        await asyncio.sleep(0.05)
        assert runs.find("key") is run
        assert runs.unfinished == 1
        second.__exit__(None, None, None)
        assert runs.find("key") is None
        assert runs.unfinished == 0
        await asyncio.to_thread(ended.wait, 10)
        assert ended.is_set()

    evening(look)


def test_what_fails_ends_early_and_is_not_shown_again(pool):
    def work(tell):
        tell(b"one")
        raise RuntimeError("no")

    async def look():
        runs, run = SharedStreams(), SharedStream(work, pool)
        runs.keep("key", run)
        assert await all_of(run) == [b"one"]
        assert runs.find("key") is None

    evening(look)


def test_old_ones_go_where_all_take_too_much(pool, monkeypatch):
    monkeypatch.setattr(shared_streams, "MAX_KEPT_BYTES", 25)

    async def look():
        runs = SharedStreams()
        for key in "abc":
            run = SharedStream(lambda tell: b"0123456789", pool)
            runs.keep(key, run)
            await all_of(run)
        assert runs.find("a") is not None
        runs.keep("d", SharedStream(lambda tell: b"", pool))
        assert [key for key in "abcd" if runs.find(key)] == ["a", "c", "d"]

    evening(look)


def test_a_class_that_runs_the_same_lesson_does_the_work_once(server, monkeypatch):
    known(server)
    done, work = [], LearnRoutes._work

    def counted(self, planned, send):
        done.append(planned.seeds)
        return work(self, planned, send)

    monkeypatch.setattr(LearnRoutes, "_work", counted)
    with ThreadPoolExecutor(12) as students:
        same = [students.submit(ask, server, FAST | {"seed": 40}) for _ in range(12)]
        answers = [one.result() for one in same]
    assert len(done) == 1
    assert len({data for _, data in answers}) == 1
    (begun, _), *_, (last, _) = pieces(answers[0][1])
    assert begun["seeds"][0] == 40
    assert last["type"] == "done"
    # Another seed, part or setting is another run.
    for change in ({"seed": 41}, {"part": "break", "changes": {"lr": 0.1}}):
        status, _ = ask(server, FAST | {"seed": 40} | change)
        assert status == 200, json.dumps(change)
    assert len(done) == 3
