"""The words of the field: what texts say in both languages, and what they may not say."""

import re
from collections import Counter

import pytest
from helpers.texts import in_both_languages, of_the_command_line

TEXTS = {key: text for key, text in in_both_languages().items() if not key.endswith(".match")}
CHINESE = "\u4e00-\u9fff"

NOT_IN_CHINESE = {
    "崩塌": "模式崩溃",
    "(?<!模式)崩溃": "模式崩溃",
    "假点|假样本": "生成点",
    "真点": "真实点",
    "潜在": "潜向量, 潜空间",
    "平衡": "均衡",
    "坡度|陡": "斜率",
    "补救|解药": "对策",
    "您": "你",
    "回传": "反向传播",
    "玩具": "二维",
    "影片": "动画",
    "[快慢][一二两三四五六七八九十几0-9]+ ?倍": "学习率是 … 的 3 倍",
    "换挡键|上档键|退出键|回车键|退格键|删除键": "Shift, Alt, Esc, Enter, Backspace, Delete",
    "千字节|兆字节|万字节|统一码": "kB, MB, UTF-8",
    "弗雷歇|评论家网络|李普希茨|利普希茨": "Fréchet, 评论家（critic）, Lipschitz",
}
"""What Chinese texts do not say, and what they say in its place."""
NOT_IN_ENGLISH = {
    r"\bnets\b": "networks",
    r"\bblind\b": "cannot tell real from fake; optimum",
    r"\bsteep": "slope, gradient norm, Lipschitz constraint",
    r"\b(it|not|has|have|did not) (come|came) out\b": "target met",
    r"\bas asked\b|asked for": "match their label",
    r"\bverdicts?\b": "D's outputs",
    r"\bgradients back\b": "backpropagation",
    r"\b(units|updates of [DG]) a\b|\bseeds of each\b": "per",
    r"\b(steps|frames|moments) a second\b": "per second",
    r"\bnumbers (of|in) z\b": "dimensions of z",
    r"\boutput factor\b": "logit scale",
    r"\bfind a picture\b": "invert a picture",
    r"\bare the most there can be\b": "at most … are possible",
    r"\b(hears?|voice|loudly|crawls?|cured?|obey|disobey)\b": "gradient, remedy",
    r"\b(just begun|so many|told right|learn at most)\b": "just started, at most this many",
}
"""The same for English."""
KEY_NAMES = {
    r"\bEsc\b": "Esc", r"\bShift\b": "Shift", r"\bAlt\b": "Alt", r"\bCtrl\b": "Ctrl",
    r"\bEnter\b": "Enter", r"\bBackspace\b": "Backspace", r"\bDelete\b": "Delete",
    r"\bHome\b": "Home", r"\bEnd\b": "End", r"\bTab\b": "Tab", r"\bSpace\b": "空格键",
    r"(?i)\barrow keys?\b": "方向键", r"\bcommas?\b": "逗号", r"\bfull stop\b": "句号",
}  # fmt: skip
"""Names of keys in English texts, by pattern, and in Chinese ones."""
LETTER_KEY = r"[(（]([A-Z+−?]|[A-Z][a-z]+\+[A-Z])[)）]"
"""A key in brackets, such as (R) or (Ctrl+Z)."""


def said(text, ruled_out):
    return {found[0]: instead for ruled, instead in ruled_out.items()
            if (found := re.search(ruled, text, re.IGNORECASE))}  # fmt: skip


def test_both_languages_fill_in_the_same_values():
    for key, texts in TEXTS.items():
        english, chinese = (Counter(re.findall(r"{\w+}", text)) for text in texts)
        assert english == chinese, key


def test_both_languages_name_the_same_keys():
    named = 0
    for key, (english, chinese) in TEXTS.items():
        for pattern, name in KEY_NAMES.items():
            there = bool(re.search(pattern, english))
            assert there == (name in chinese), f"{key}: {name}"
            named += there
        letters = [sorted(re.findall(LETTER_KEY, text)) for text in (english, chinese)]
        assert letters[0] == letters[1], key
        named += len(letters[0])
    assert named > 40


def test_chinese_texts_use_one_word_for_each_concept():
    wrong = {
        key: found for key, (_, text) in TEXTS.items() if (found := said(text, NOT_IN_CHINESE))
    }
    assert not wrong


def test_truncation_in_chinese_is_truncation_in_english():
    """Weights and gradients are clipped, 裁剪; only latent vectors are truncated, 截断."""
    for key, (english, chinese) in TEXTS.items():
        assert ("截断" not in chinese) or "truncat" in english.lower(), key
        assert ("裁剪" in chinese) or not re.search(r"\bclip", english, re.IGNORECASE), key


def test_chinese_texts_keep_one_convention_of_spaces_and_marks():
    """A half-width space parts Chinese from Latin; marks after Chinese are of full width."""
    touching = f"[{CHINESE}][A-Za-z0-9]|[A-Za-z0-9][{CHINESE}]"
    half_width = f"[{CHINESE}][,;:!?.]|[,;:!?.][{CHINESE}]"
    for key, (_, text) in TEXTS.items():
        assert not re.search(touching, text), f"{key}: {text}"
        assert not re.search(half_width, text), f"{key}: {text}"
        assert not re.search(r"[\d}] %", text), f"{key}: {text}"


def test_english_texts_use_the_names_that_students_know():
    wrong = {
        key: found for key, (text, _) in TEXTS.items() if (found := said(text, NOT_IN_ENGLISH))
    }
    assert not wrong


@pytest.mark.parametrize("name", sorted(of_the_command_line()))
def test_help_uses_the_names_that_students_know(name):
    text = of_the_command_line()[name]
    assert not said(re.sub(r"--[\w-]+|nets:\w+", "", text), NOT_IN_ENGLISH)


def test_what_is_ruled_out_is_found():
    assert said("D 的坡度用来补救崩塌", NOT_IN_CHINESE) == {
        "坡度": "斜率", "补救": "对策", "崩塌": "模式崩溃",
    }  # fmt: skip
    assert said("Units a layer, of both nets", NOT_IN_ENGLISH) == {
        "Units a": "per", "nets": "networks",
    }  # fmt: skip
    assert not said("模式崩溃，真实点，D 的学习率是 G 的 3 倍", NOT_IN_CHINESE)
