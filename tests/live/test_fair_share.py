import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganplay.live import fair_share
from ganplay.live.fair_share import (
    FEWEST,
    MAX_TIME_RATIO,
    MOST,
    STEPS_A_FRAME,
    Allocation,
    Demand,
    allocate,
    water_fill,
)

LIGHT = Demand(step=0.0003, frame=0.001, rate=200)


def spent(wishes, given):
    return sum(w.step * s.rate + w.frame * s.frames for w, s in zip(wishes, given, strict=True))


def test_one_alone_gets_what_it_asks_for():
    assert allocate([LIGHT], 2) == [Allocation(MOST, 200)]
    # As many steps as there can be: what one worker has left beside its frames.
    (share,) = allocate([LIGHT._replace(rate=math.inf)], 2)
    assert share.frames == MOST
    assert share.rate == pytest.approx((1 - 60 * 0.001) / 0.0003)


def test_first_there_are_fewer_frames_then_fewer_steps_then_both():
    time = 2
    few = allocate([LIGHT] * 20, 2)  # 20 x 200 steps take 1.2 s, and 0.8 s are left for frames
    assert few[0].frames == pytest.approx((time - 1.2) / 0.02)
    assert few[0].rate == 200
    more = allocate([LIGHT] * 40, 2)
    assert more[0].frames == FEWEST
    assert more[0].rate == pytest.approx((time - 40 * FEWEST * 0.001) / (40 * 0.0003))
    many = allocate([LIGHT] * 120, 2)  # that many frames of 120 would take more than all the time
    assert many[0].frames == pytest.approx(time / (0.12 + STEPS_A_FRAME * 120 * 0.0003))
    assert many[0].rate == pytest.approx(STEPS_A_FRAME * many[0].frames)
    for wishes, share in ((20, few), (40, more), (120, many)):
        assert len(set(share)) == 1
        assert spent([LIGHT] * wishes, share) == pytest.approx(time)


def test_all_get_as_many_steps_whatever_these_cost():
    wishes = [LIGHT, LIGHT._replace(step=0.003), LIGHT._replace(step=0.001)] * 10
    given = allocate(wishes, 1)
    assert {share.rate for share in given} == {given[0].rate}
    assert given[0].rate < 20


def test_a_frame_has_steps_in_it_even_where_these_cost_much():
    dear = LIGHT._replace(step=0.002)
    for wishes in ([dear] * 32, [LIGHT, dear] * 16, [*[LIGHT] * 31, LIGHT._replace(step=1.0)]):
        given = allocate(wishes, 2)
        assert given[0].frames <= FEWEST
        assert given[0].rate >= 1.3 * given[0].frames
    # But who asks for hardly any step gets all the frames that there are.
    assert allocate([dear._replace(rate=1)] * 36, 2)[0].frames == pytest.approx((2 - 0.072) / 0.036)


def test_who_asks_for_less_leaves_the_rest_to_others():
    wishes = [LIGHT._replace(rate=2), *[LIGHT._replace(step=0.003)] * 30]
    given = allocate(wishes, 1)
    assert given[0].rate == 2
    assert given[1].rate > 2
    assert spent(wishes, given) == pytest.approx(1)


def test_one_who_asks_for_far_too_much_does_not_hold_up_the_class():
    wishes = [LIGHT._replace(step=1.0), *[LIGHT] * 30]
    slow, other, *_ = allocate(wishes, 2)
    left = 2 - 31 * other.frames * 0.001
    assert slow.rate == pytest.approx(MAX_TIME_RATIO * left / 31)
    assert other.rate > 50


def test_the_lecturer_comes_first():
    wishes = [LIGHT] * 100
    crowd = allocate(wishes, 2)[0]
    own, *others = allocate([LIGHT._replace(has_priority=True), *wishes], 2)
    assert own == Allocation(MOST, 200)
    assert crowd.frames < FEWEST
    assert others[0].frames < crowd.frames
    # But not for all of the time, even if there were many of them.
    greedy = [LIGHT._replace(has_priority=True, rate=math.inf)] * 50
    others = allocate([*greedy, *wishes], 2)[50:]
    assert spent(wishes, others) == pytest.approx(0.5 * 2)


def test_workers_that_hardly_run_give_less():
    busy, free = (allocate([LIGHT] * 40, 2, running)[0] for running in (0.5, 1.0))
    assert busy.rate < free.rate


def test_level_by_hand():
    # 2 (r) + 1 (min(r, 1)) + 1 (min(r, 3)) = 10: r = 3 would take 2 * 3 + 1 + 3 = 10.
    assert water_fill([2, 1, 1], [9, 1, 3], 10) == pytest.approx(3)
    assert water_fill([2, 1, 1], [9, 1, 3], 22) == pytest.approx(9)
    assert water_fill([2, 1, 1], [9, 1, 3], 23) == math.inf
    assert water_fill([1], [5], 2) == 2


costs = st.floats(1e-6, 10.0)
wishes = st.builds(
    Demand, costs, costs, st.one_of(st.just(math.inf), st.floats(1, 1000)), st.booleans()
)


@given(st.lists(wishes, max_size=70), st.integers(1, 16), st.floats(0.01, 1))
def test_there_is_always_something_for_everybody_and_never_too_much(wishes, workers, running):
    given_ = allocate(wishes, workers, running)
    for wish, share in zip(wishes, given_, strict=True):
        assert 0 < share.frames <= MOST
        assert 0 < share.rate <= wish.rate
    finite = [(w, s) for w, s in zip(wishes, given_, strict=True) if s.rate < math.inf]
    if len(finite) == len(wishes):
        assert spent(wishes, given_) <= workers * running * 1.0001


def test_nobody_wants_nothing():
    assert allocate([], 2) == []
    assert fair_share.allocate([], 1, 0.5) == []
