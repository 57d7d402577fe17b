"""All texts that visitors read: the locales', the lessons' and those of the command line."""

import json

from ganplay.cli.main import COMMANDS, build_parser
from ganplay.common.locales import locale
from ganplay.lessons.lesson import FOLDER


def flat(words, prefix=""):
    """The texts of nested objects and lists by dotted key."""
    items = words.items() if isinstance(words, dict) else enumerate(words)
    for key, value in items:
        if isinstance(value, dict | list):
            yield from flat(value, f"{prefix}{key}.")
        elif isinstance(value, str):
            yield f"{prefix}{key}", value


def in_both_languages():
    """The same text in English and Chinese, by where it stands."""
    texts = {language: dict(flat(locale(language))) for language in ("en", "zh")}
    for path in sorted(FOLDER.glob("*.json")):
        for key, text in flat(json.loads(path.read_text(encoding="utf-8"))):
            for language in texts:
                if key.endswith(f".{language}"):
                    texts[language][f"{path.stem}.{key.removesuffix(language)}"] = text
    assert texts["en"].keys() == texts["zh"].keys()
    return {key: (text, texts["zh"][key]) for key, text in texts["en"].items()}


def of_the_command_line():
    """The help of each command, with lines joined."""
    commands = build_parser()._subparsers._group_actions[0].choices
    helps = {name: " ".join(commands[name].format_help().split()) for name in COMMANDS}
    return helps | {"ganplay": " ".join(command.help for command in COMMANDS.values())}
