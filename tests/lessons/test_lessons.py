import copy
import json
import math
import re

import pytest
import torch

from ganplay.gan.losses import LOSSES
from ganplay.lessons import signals
from ganplay.lessons.checks import attempt, begin, measured, outcome_of, perform
from ganplay.lessons.experiments import EXPERIMENTS
from ganplay.lessons.lesson import FOLDER, Check, LessonError, Run, load_all, read
from ganplay.toy.config import ToyConfig
from ganplay.toy.trainer import ToyTrainer

pytestmark = pytest.mark.usefixtures("one_thread")
LESSONS, PROBLEMS = load_all()
WORDS = {"en": "A", "zh": "甲"}
QUICK_TASKS = ("oscillation", "what-z-means")


def content():
    """A small lesson that is right."""
    check = {"signal": "radius", "at_most": 0.1, "name": WORDS, "otherwise": WORDS}
    run = {"kind": "dirac", "name": WORDS, "settings": {"r1": 1.0}, "steps": 50}
    task = {
        "text": WORDS, "run": {**run, "settings": {}}, "editable": ["r1"], "checks": [check],
        "hint": WORDS, "solution": {"r1": 1.0},
    }  # fmt: skip
    answers = [{"text": WORDS, "says": WORDS}] * 2
    whole = {
        "version": 1, "order": 1, "title": WORDS, "idea": [WORDS],
        "formula": [{"text": "D", "of": "map"}],
        "question": {"text": WORDS, "answers": answers, "right": 1},
        "runs": {"one": run}, "checks": [{**check, "run": "one", "quick": True}],
        "explain": [WORDS], "break_it": task, "mend_it": task,
    }  # fmt: skip
    return copy.deepcopy(whole)


def put(folder, name, value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder / f"{name}.json"


def changed(path, value):
    whole = content()
    *places, last = path
    at = whole
    for place in places:
        at = at[place]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return whole


def test_all_lessons_can_be_read():
    assert PROBLEMS == []
    assert [lesson.order for lesson in LESSONS] == list(range(15))
    without = [lesson.name for lesson in LESSONS if not lesson.tasks()]
    assert without == ["what-is-a-gan", "just-copying"]


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (["titel"], WORDS, "titel: Extra inputs"),
        (["title"], None, "title: Field required"),
        (["title", "zh"], None, "title.zh: Field required"),
        (["title", "en"], "", "title.en: String should have at least 1"),
        (["order"], "1", "order: Input should be a valid integer"),
        (["version"], 2, "version: Input should be 1"),
        (["question", "right"], 2, "question: right: 2, but there are 2 answers"),
        (["further"], [{"text": WORDS, "answers": [], "right": 0}], "further.0.answers: Tuple"),
        (["order"], -1, "order: Input should be greater than or equal to 0"),
        (["runs", "one", "settings"], {"r2": 1}, "runs.one: r2: 1 is not possible; there is no"),
        (["runs", "one", "settings"], {"lr": 5}, "runs.one: lr: 5 is not possible; a number from"),
        (["runs", "one", "steps"], 10**9, "runs.one.steps: Input should be less than"),
        (["runs", "one", "kind"], "gang", "runs.one.kind: Input should be 'gan'"),
        (["checks", 0, "run"], "two", "the whole: checks.0.run: there is no run 'two'"),
        (["checks", 0, "signal"], "modes", "checks.0.signal: 'modes'; one of radius"),
        (["checks", 0, "step"], 60, "checks.0.step: 60 is beyond the run's 50 steps"),
        (["checks", 0, "at_most"], None, "checks.0: at_least or at_most is needed"),
        (["checks", 0, "at_least"], 2, "checks.0: at_least 2 is above at_most 0.1"),
        (["checks", 0, "share"], 0, "checks.0.share: Input should be greater than 0"),
        (["checks", 0, "quick"], False, "at least one must be quick"),
        (["break_it", "editable"], ["lrr"], "break_it: editable: there is no setting 'lrr'"),
        (["break_it", "solution"], {"lr": 0.1}, "break_it: solution: 'lr' is not among the edit"),
        (["break_it", "solution"], {"r1": -1}, "break_it: r1: -1 is not possible"),
        (["mend_it"], None, "break_it and mend_it, or visit, are needed"),
        (["formula", 0, "of"], "moon", "formula.0.of: Input should be ''"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_its_key(tmp_path, path, value, why):
    file = put(tmp_path, "mine", changed(path, value))
    with pytest.raises(LessonError) as found:
        read(file)
    assert str(found.value).startswith("mine.json, ")
    assert why in str(found.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{\n "version": 1,\n "order" 2}', "mine.json, line 3: Expecting ':' delimiter"),
        ("[]", "mine.json, line 1: an object is needed"),
        ("", "mine.json, line 1: Expecting value"),
        ("[" * 100_000, "mine.json"),
        (" " * 2**17 + "{}", "mine.json: more than 131072 bytes"),
        ('{"order": NaN}', "mine.json, version: Field required"),
    ],
)
def test_what_is_no_lesson_at_all(tmp_path, text, why):
    with pytest.raises(LessonError) as found:
        read(put(tmp_path, "mine", text))
    assert str(found.value).startswith(why)


def test_bytes_that_are_no_text_and_names_that_are_no_names(tmp_path):
    (tmp_path / "mine.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(LessonError, match=r"mine\.json: .*utf-8"):
        read(tmp_path / "mine.json")
    with pytest.raises(LessonError, match="name: String should match"):
        read(put(tmp_path, "My Lesson", content()))


def test_the_others_still_load(tmp_path):
    put(tmp_path, "second", {**content(), "order": 2})
    put(tmp_path, "first", content())
    put(tmp_path, "broken", "{")
    lessons, problems = load_all(tmp_path)
    assert [lesson.name for lesson in lessons] == ["first", "second"]
    (problem,) = problems
    assert problem.startswith("broken.json, line 1: ")


def check(**fields):
    words = {"name": WORDS, "otherwise": WORDS}
    return Check.model_validate({"signal": "modes", **words, **fields})


def test_only_the_right_answer_is_told_that_it_is():
    """In the first words or later: "Along the arc, yes" was the comment on a wrong answer."""
    agrees = {
        "en": r"(?i)\b(yes|right|correct|exactly|indeed)\b(?! angle| that)",
        "zh": r"^对[：。，]|没错|正确|是的",
    }
    questions = [(one.name, q) for one in LESSONS for q in (one.question, *one.further)]
    for name, question in questions:
        for i, answer in enumerate(question.answers):
            for language, words in agrees.items():
                told = re.search(words, getattr(answer.says, language)) is not None
                assert told == (i == question.right), (name, i, language)


def test_checks_by_hand():
    each = check(at_least=7, share=0.9375)
    assert outcome_of(each, [8.0] * 7 + [6.0]).holds  # 15 of 16 of eight seeds are seven
    assert not outcome_of(each, [8.0] * 6 + [6.0, 6.0]).holds
    assert outcome_of(each, [8.0, 8.0]).needed == 1
    outcome = outcome_of(check(at_least=1, at_most=2), [0.5, 1.0, 2.0, math.nan])
    assert outcome.kept == [False, True, True, False]
    assert not outcome.holds
    assert outcome_of(check(at_most=6, of="mean"), [8.0, 3.0]).holds
    assert not outcome_of(check(at_most=6, of="mean"), [8.0, 5.0]).holds
    assert not outcome_of(check(at_least=0, of="mean"), [math.nan, 5.0]).holds
    assert outcome_of(check(at_most=6, of="first"), [6.0, 9.0]).holds


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_outcome_shows_soon(lesson, unchecked):
    """The short version of `python -m benchmarks.lessons`."""
    outcomes = perform(lesson, [0, 1], quick=True)
    assert outcomes
    for outcome in outcomes:
        assert outcome.holds, (outcome.check.run, outcome.check.signal, outcome.values)


@pytest.mark.parametrize("lesson", [x for x in LESSONS if x.name in QUICK_TASKS],
                         ids=lambda lesson: lesson.name)  # fmt: skip
def test_tasks_begin_undone_and_can_be_done(lesson):
    for task in lesson.tasks().values():
        assert not all(outcome.holds for outcome in attempt(task, [0, 1], {}))
        assert all(outcome.holds for outcome in attempt(task, [0, 1], task.solution))


def test_signals_of_known_nets():
    # A linear D on the plane, whose slope is the length of its weights; G hands on its noise.
    config = ToyConfig(distribution="hills", layers_g=0, layers_d=0, init_g="identity")
    trainer = ToyTrainer(config, [0, 1], threads=1)
    lengths = trainer.parameters("d")[:, :2].norm(dim=1)
    torch.testing.assert_close(signals.slope(trainer), lengths)
    points = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 3.0]]).expand(2, -1, -1)
    found = signals.optimal_outputs(trainer, points)
    p = [math.exp(-2), (1 + math.exp(-8)) / 2, math.exp(-20)]
    q = [1.0, math.exp(-0.5), math.exp(-4.5)]
    expected = [4 * a / (4 * a + b) for a, b in zip(p, q, strict=True)]
    torch.testing.assert_close(found, torch.tensor([expected] * 2))
    gap = (LOSSES["minimax"].output(trainer.discriminate(points)) - found).abs().mean(1)
    assert (gap > 0.01).all()


def test_gradients_of_both_losses():
    trainer = ToyTrainer(ToyConfig(layers_d=0, width_g=4), [0], threads=1)
    # With D's last bias alone, D is a constant d everywhere: the ratio is (1 - d) / d.
    ensemble = trainer.ensembles[0]
    ensemble.state.d.flat.copy_(torch.tensor([[1e-4, 0.0, -2.0]]))
    d = 1 / (1 + math.exp(2.0))
    assert signals.gradient_ratio(trainer).item() == pytest.approx((1 - d) / d, rel=1e-3)
    before = trainer.parameters("g")
    trainer.gradient_g("hinge", 10)
    assert torch.equal(trainer.parameters("g"), before)


def test_what_has_no_meaning_is_not_measured():
    critic = ToyTrainer(ToyConfig(loss="wasserstein"), [0], threads=1)
    for name in ("optimal_gap", "gradient_ratio", "class_accuracy"):
        assert math.isnan(signals.GAN[name](critic).item())


@pytest.mark.parametrize("kind", EXPERIMENTS)
def test_every_signal_can_be_measured(kind):
    run = Run.model_validate({"kind": kind, "name": WORDS, "steps": 3})
    experiment = begin(run, [0, 1], use_capture=False)
    checks = [check(signal=name, at_least=0) for name in EXPERIMENTS[kind].signals]
    outcomes = measured(experiment, run, checks)
    assert experiment.steps == 3
    assert [len(outcome.values) for outcome in outcomes] == [2] * len(checks)


def test_lesson_files_are_plain():
    for path in FOLDER.glob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert "<" not in text.replace("< ", ""), path  # nobody takes them for markup
