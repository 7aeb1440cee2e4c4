"""Sphinx's settings for the handouts: Markdown (MyST), the furo theme, code pulled from the tree.

Build with `make handouts`, or from the tree's root:

    sphinx-build -W --keep-going -b html handouts build/handouts

Nothing here may make a reader's browser ask the network for anything:
grade/tests/test_handouts.py reads the built pages and fails if one does.
"""

import sys
from pathlib import Path

HANDOUTS = Path(__file__).resolve().parent
sys.path[:0] = [str(HANDOUTS.parent), str(HANDOUTS / "_ext")]

project = "proc0"
author = "the proc0 authors"
language = "en"
root_doc = "index"

extensions = ["myst_parser", "source", "layout", "growth", "keys", "when"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "proc0"
html_static_path = ["_static"]
html_css_files = ["proc0.css"]
html_favicon = "_static/favicon.svg"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_use_index = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}

# The ground is warm and the ink is not quite black: these pages are read at midnight.
# One accent colour, and no web font: what the reader's machine has is used.
SANS = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', 'Noto Sans Mono', Menlo, Consolas, monospace"

pygments_style = "friendly"
pygments_dark_style = "native"
html_theme_options = {
    "light_css_variables": {
        "font-stack": SANS,
        "font-stack--monospace": MONO,
        "color-brand-primary": "#8a2b17",
        "color-brand-content": "#8a2b17",
        "color-background-primary": "#fdfcf9",
        "color-background-secondary": "#f6f3ec",
        "color-foreground-primary": "#1f1d1a",
        "color-code-background": "#f6f3ec",
        "proc0-accent": "#8a2b17",
        "proc0-fill": "#f1e4d3",
        "proc0-fill-strong": "#e3c9a8",
    },
    "dark_css_variables": {
        "color-brand-primary": "#f0a583",
        "color-brand-content": "#f0a583",
        "color-background-primary": "#161514",
        "color-background-secondary": "#1d1b19",
        "color-foreground-primary": "#dcd7ce",
        "color-code-background": "#1f1d1b",
        "proc0-accent": "#f0a583",
        "proc0-fill": "#2d2622",
        "proc0-fill-strong": "#4a382c",
    },
}
