"""The colours of plots and films: those of the page, which colour-blind eyes can tell apart.

The page has them in `web/shared/theme.css`; its muted text is too faint for the small films.
"""

Colour = tuple[int, int, int]
"""Red, green and blue, from 0 to 255."""

THEMES: dict[str, dict[str, Colour]] = {
    "light": {
        "background": (251, 252, 253), "line": (227, 232, 238), "text": (70, 82, 99),
        "real": (31, 99, 214), "fake": (224, 108, 0), "pull": (26, 34, 48), "net": (122, 59, 0),
        "low": (252, 211, 168), "middle": (250, 250, 251), "high": (176, 206, 250),
    },
    "dark": {
        "background": (14, 19, 27), "line": (35, 44, 58), "text": (199, 208, 220),
        "real": (110, 168, 255), "fake": (255, 154, 61), "pull": (232, 237, 244),
        "net": (255, 196, 138), "low": (112, 60, 12), "middle": (22, 27, 36), "high": (22, 66, 132),
    },
}  # fmt: skip
"""By theme and by what is drawn; "low", "middle" and "high" are the ends and the middle of D's map,
from surely fake to surely real, and "pull" the arrows at fakes."""
