import dataclasses
import re

from ganplay.common.locales import LANGUAGES, locale
from ganplay.live.frame import LAYERS
from ganplay.media import uploads
from ganplay.server.schema import ASSETS
from ganplay.toy.config import _RULES, GROUPS, PRESETS, ToyConfig
from ganplay.toy.points_error import KINDS, MESSAGES, NOTES


def flat(words, prefix=""):
    for key, value in words.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


SCRIPTS = {
    str(path.relative_to(ASSETS)): path.read_text(encoding="utf-8")
    for path in sorted(ASSETS.rglob("*"))
    if path.suffix in (".html", ".js")
}
ASKED = r'data-t(?:-title|-label)?="([\w.]+)"|\bt\(\s*"([\w.]+)"|\? "([a-z_]+\.[a-z_]+)" :'
"""How markup and scripts name their words."""
WORDS = {language: dict(flat(locale(language))) for language in LANGUAGES}


def test_languages_have_the_same_words():
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    for key, text in WORDS["en"].items():
        assert text.strip(), key
        assert WORDS["zh"][key].strip(), key


def test_chinese_is_chinese():
    """Words in Latin letters are names that Chinese texts keep, and nothing else."""
    names = set(
        "GAN D G JS V z x y p q A B C S R L F N Z Y tanh ReLU SiLU SGD RMSprop Adam WGAN GP R1 "
        "Wasserstein Lipschitz Kaiming Xavier Fréchet Dirac TTUR EMA VAE critic log logit lerp "
        "slerp β1 β2 σ torch PyTorch Python ganplay safetensors English HTTP CSV JSON PNG JPEG GIF "
        "WebP BMP SVG MP4 CMYK UTF kB MB MiB Shift Alt Ctrl Enter Backspace Delete Home Esc "
        "Jensen Shannon E t sigmoid Goodfellow Miyato Mirza Osindero "
        "Git LFS git lfs pull export "
        "PDF HEIC AVIF TIFF "
        "Excel Word NumPy XML xAPI".split()
    )
    terms = {key: text for key, text in WORDS["zh"].items() if not key.endswith(".match")}
    for key, text in terms.items():
        plain = re.sub(r"{\w+}", "", text)
        left = set(re.findall(r"[A-Za-zéβσ][A-Za-zéβ0-9]*", plain)) - names
        assert not left, f"{key}: {left}"


def test_everything_has_words():
    needed = [f"groups.{g}" for g in GROUPS]
    needed += [f"layers.{name}.{what}" for name in LAYERS for what in ("label", "tip")]
    needed += [f"presets.{name}.{what}" for name in PRESETS for what in ("label", "tip")]
    for field in dataclasses.fields(ToyConfig):
        needed += [f"fields.{field.name}.{what}" for what in ("label", "tip")]
        choices = field.metadata.get("choices", ())
        needed += [f"choices.{field.name}.{c}" for c in choices if isinstance(c, str)]
    rules = [ToyConfig().repaired(c)[1] for c in (
        {"loss": "hinge", "label_smoothing": 0.1}, {"distribution": "line", "conditional": True},
        {"minibatch_d": "discrimination"}, {"layers_d": 0, "feature_matching": 1.0},
        {"distribution": "own"}, {"points": "AAAA"}, {"points": "A"}, {"zap": 1}, {"lr_g": 9},
    )]  # fmt: skip
    assert len(rules) == len(_RULES) + 3
    needed += [f"problems.{problem.code}" for (problem,) in rules]
    assert not [key for key in needed if key not in WORDS["en"]]


def test_the_page_asks_for_words_that_are_there():
    asked = {name: ["".join(m) for m in re.findall(ASKED, text)] for name, text in SCRIPTS.items()}
    assert len([name for name, keys in asked.items() if keys]) > 40
    lost = {name: [key for key in keys if key not in WORDS["en"]] for name, keys in asked.items()}
    assert not {name: keys for name, keys in lost.items() if keys}


def test_no_words_are_left_over():
    """Every text is reached from a script by its own key or a key put together there."""
    source = "".join(SCRIPTS.values())
    together = [m.split("${")[0] for m in re.findall(r"t\(`([^`]+)`", source)]
    together += [
        f"{m}.{x}" for m in re.findall(r'addMode\("(\w+)"', source) for x in ("label", "tip")
    ]
    built = ("groups.", "fields.", "choices.", "presets.", "layers.", "metrics.", "problems.")
    for key in WORDS["en"]:
        reached = f'"{key}"' in source or any(key.startswith(t) for t in (*together, *built))
        assert reached, key


def test_every_refusal_of_a_file_has_words():
    for code, message in MESSAGES.items():
        told = set(re.findall(r"{(\w+)", message))
        assert set(re.findall(r"{(\w+)}", WORDS["en"][f"own.errors.{code}"])) == told | {"file"}, (
            code
        )


def test_what_is_said_of_a_table_has_words():
    for code, text in NOTES.items():
        told = set(re.findall(r"{(\w+)", text))
        assert set(re.findall(r"{(\w+)}", WORDS["en"][f"own.table.notes.{code}"])) == told, code
    for code in KINDS:
        assert f"own.kinds.{code}" in WORDS["en"]
    for role in ("none", "x", "y", "class", "kind"):
        assert f"own.table.roles.{role}" in WORDS["en"]


def test_what_is_done_to_an_uploaded_picture_has_words():
    for kind, texts in (("errors", uploads.MESSAGES), ("notes", uploads.NOTES)):
        for code, text in texts.items():
            told = set(re.findall(r"{(\w+)", text)) | ({"file"} if kind == "errors" else set())
            assert set(re.findall(r"{(\w+)}", WORDS["en"][f"find.{kind}.{code}"])) == told, code
