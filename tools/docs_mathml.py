"""Equations of the documentation as MathML: browsers draw it by themselves, without a script and without a network.

A hook of mkdocs (`hooks:` in mkdocs.yml). pymdownx.arithmatex marks what stands between dollar signs; here LaTeX
becomes MathML. What cannot be turned stops the build.
"""

from __future__ import annotations

import html
import re
from typing import Any

from latex2mathml.converter import convert

EQUATION = re.compile(r'<(span|div) class="arithmatex">\\[\[(](.*?)\\[\])]</\1>', re.S)


def on_page_content(page_html: str, **_: Any) -> str:
    """Replace each equation of a page; the LaTeX stays as its title, to be read and copied."""
    return EQUATION.sub(_mathml, page_html)


def _mathml(found: re.Match[str]) -> str:
    block, latex = found[1] == "div", html.unescape(found[2]).strip()
    drawn = convert(latex, display="block" if block else "inline")
    return f'<{found[1]} class="equation" title="{html.escape(latex)}">{drawn}</{found[1]}>'
