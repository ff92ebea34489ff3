"""The documentation against the program: options that exist, code that runs, keys and exports that are all told."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
import yaml

import spondyl
from spondyl.clinic.facts import Facts, keys
from spondyl.core import Grid, silent
from spondyl.dose import Field
from spondyl.evaluate import load_protocol
from spondyl.physics import Spectrum, bare_beam, uniform_medium
from spondyl.plan.prescription import prescription_of, wishlist_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.S | re.M)
OPTION = re.compile(r"(?<![\w-])(--?[a-z][a-z0-9-]*)")


def _options(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], frozenset[str]]]:
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from _options(inner, (*path, name))
    else:
        words = {word for p in command.params for word in (*p.opts, *p.secondary_opts) if word.startswith("-")}
        yield path, frozenset(words | {"--help"})


@pytest.fixture(scope="module")
def verbs() -> dict[tuple[str, ...], frozenset[str]]:
    """Options of every verb, as the program has them."""
    main = importlib.import_module("spondyl.app.cli.main")
    app = typer.Typer()
    for verb in main.VERBS:
        importlib.import_module(f"spondyl.app.cli.{verb}_verb").register(app)
    return dict(_options(typer.main.get_command(app)))


def _commands(text: str) -> Iterator[list[str]]:
    """Every `spondyl ...` that a page tells to type: in fences, whole lines; in text, what stands in backticks."""
    fences = FENCE.findall(text)
    lines = [line for _, body in fences for line in body.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    for line in lines:
        found = re.search(r"(?:^|\s)spondyl (?=[a-z])([^#]*)", line)
        if found and not line.lstrip().startswith(("import ", "from ", ">>>")):
            yield found[1].split()


def _blocks(language: str) -> list[str]:
    return [body for found, body in FENCE.findall((DOCS / "reference/library.md").read_text()) if found == language]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_of_a_page_exists(page: Path, verbs: dict[tuple[str, ...], frozenset[str]]) -> None:
    for words in _commands(page.read_text()):
        several = {path[0] for path in verbs if len(path) == 2}
        path = tuple(words[:2]) if words[0] in several else (words[0],)
        if len(path) == 1 and path[0] in several:
            continue
        if "--" in words:  # what stands after it is for the verb that the word names
            words, after = words[: words.index("--")], words[words.index("--") :]
            assert set(OPTION.findall(" ".join(after[1:]))) <= verbs[path[1:]], f"{page}: {' '.join(after)}"
        assert path in verbs, f"{page}: spondyl {' '.join(words)}"
        asked = set(OPTION.findall(" ".join(words[1:])))
        assert asked <= verbs[path], f"{page}: spondyl {' '.join(words)}: {asked - verbs[path]}"


def test_every_option_named_in_text_exists(verbs: dict[tuple[str, ...], frozenset[str]]) -> None:
    """`--option` in backticks, alone: some verb has it."""
    known = frozenset[str]().union(*verbs.values())
    for page in PAGES:
        named = re.findall(r"`(--[a-z][a-z0-9-]*)[^`\n]*`", FENCE.sub("", page.read_text()))
        assert set(named) <= known, f"{page}: {set(named) - known}"


def test_the_command_line_page_has_every_option_and_no_other(verbs: dict[tuple[str, ...], frozenset[str]]) -> None:
    text = (DOCS / "reference/command-line.md").read_text()
    sections = dict(re.findall(r"^## ([a-z]+)\n(.*?)(?=^## |\Z)", text, re.S | re.M))
    for verb, section in sections.items():
        told = set(re.findall(r"`(--?[a-z][a-z0-9-]*)`", section))
        known = frozenset[str]().union(*(options for path, options in verbs.items() if path[0] == verb))
        assert told == known - {"--help"}, verb
    assert set(sections) == {path[0] for path in verbs}


@pytest.mark.parametrize("code", _blocks("python"))
def test_python_compiles_and_names_exist(code: str) -> None:
    tree = ast.parse(code)
    used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == "sp"}
    assert used <= set(spondyl.__all__)


def test_python_examples_give_what_they_say() -> None:
    examples = doctest.DocTestParser().get_doctest("\n".join(_blocks("pycon")), {}, "library.md", "library.md", 0)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    told: list[str] = []
    result = doctest.DocTestRunner(optionflags=flags).run(examples, out=told.append)
    assert result.failed == 0, "".join(told)
    assert result.attempted >= 20


def test_the_library_page_names_every_export() -> None:
    text = (DOCS / "reference/library.md").read_text()
    assert [name for name in spondyl.__all__ if f"`sp.{name}(" not in text] == []


def test_the_case_folder_page_names_every_key() -> None:
    text = (DOCS / "reference/case-folder.md").read_text()
    names = {path.rsplit(".", 1)[-1] for path, _ in keys(Facts)} - {"collapse_percent_vs_mean"}
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_pages_are_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text()
    assert [p for p in DOCS.rglob("*.md") if str(p.relative_to(DOCS)) not in nav] == []


def _code(page: str, language: str) -> list[str]:
    return [body for found, body in FENCE.findall((DOCS / page).read_text()) if found == language]


def test_the_protocol_page_gives_a_protocol_that_plans(tmp_path: Path) -> None:
    protocol, wishes = _code("how-to/add-a-protocol.md", "yaml")
    (tmp_path / "clinic-27in3.yaml").write_text(protocol.replace("wishlist: []\n", wishes))
    read = load_protocol(str(tmp_path / "clinic-27in3.yaml"))
    assert prescription_of(read).dose_gy == 27
    assert [wish.name for wish in wishlist_of(read).wishes] == [w["name"] for w in yaml.safe_load(wishes)["wishlist"]]


def test_the_engine_page_gives_an_engine() -> None:
    """At 2 MeV, 1 photon per cm2 at the isocentre: E mu_en/rho of water (NISTIR 5632), 2 MeV x 0.02608 cm2/g."""
    room: dict[str, Any] = {"__name__": "free_kerma"}
    exec(_code("how-to/add-an-engine.md", "python")[0], room)
    beam = bare_beam(Spectrum(np.array([2.0]), np.array([1.0])))
    edges = np.array([-50.0, 50.0])
    field = Field("open", (0, 0, -1000), (0, 0, 0), (1, 0, 0), (0, 1, 0), edges, edges, np.ones((1, 1)))
    grid = Grid((-100, 0, -100), (10, 10, 100), (3, 1, 21))
    kerma = room["free_kerma"]([field], uniform_medium(grid), beam, grid, "final", silent)
    assert kerma[1, 0, 10] == pytest.approx(2 * 0.02608 * 1.602176634e-10, rel=0.004)
    assert kerma[:, 0, 10] * [900**2, 1000**2, 1100**2] == pytest.approx(1000**2 * kerma[1, 0, 10], rel=1e-4)
    assert kerma[1, 0, 2] == 0  # 80 mm beside a field of 100 mm


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_from_the_front_page_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_no_page_asks_for_anything_elsewhere() -> None:
    """No picture, script or style from another host; links to read are fine."""
    for page in PAGES:
        assert not re.search(r"!\[[^]]*\]\(https?:|<(?:script|img|link)\b", page.read_text()), page
    assert "font: false" in (ROOT / "mkdocs.yml").read_text()
