"""What a server hands out: all of the page, nothing else, and nothing from elsewhere."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ninepixel.server.page import FOLDER, POLICY, page_files
from ninepixel.world.laws.bodies import Kind
from ninepixel.world.laws.lives import ACTS, DEEDS, MOVES, Act
from ninepixel.world.picture import palette

FILES = page_files()
TEXTS = {path: file.body.decode() for path, file in FILES.items()}
SCRIPTS = {path: text for path, text in TEXTS.items() if path.endswith(".js")}


def law() -> dict[str, Any]:
    """The tables of law.js."""
    found = re.findall(r"^export const (\w+) = (.*);$", TEXTS[f"{FOLDER}law.js"], re.M)
    return {name: json.loads(value) for name, value in found}


def test_every_file_has_its_type_and_may_do_nothing_but_speak_with_its_own_server() -> None:
    types = {"/": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    for path, file in FILES.items():
        assert file.content_type.startswith(types["/" if path == "/" else path[path.rindex(".") :]])
        assert file.headers["Content-Security-Policy"] == POLICY
        assert file.headers["X-Content-Type-Options"] == "nosniff"
        assert re.fullmatch(r'"[0-9a-f]{24}"', file.headers["ETag"])
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY
    assert len({file.headers["ETag"] for file in FILES.values()}) == len(FILES)


def test_nothing_is_loaded_from_elsewhere_and_nothing_stands_inline() -> None:
    for path, text in TEXTS.items():
        links = set(re.findall(r"\b(?:https?|wss?|data|blob)://?[^\s\"'`)]*", text)) - {"http://www.w3.org/2000/svg"}
        assert not links, path
    page = TEXTS["/"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    assert all(reference in FILES for reference in re.findall(r'(?:src|href)="([^"]+)"', page))


def test_every_import_is_served_and_exports_what_is_imported() -> None:
    for path, text in SCRIPTS.items():
        for names, source in re.findall(r'^import (.*?) from "\./(.*?)";', text, re.M):
            assert FOLDER + source in SCRIPTS, path
            if names.startswith("{"):
                for name in names.strip("{} ").split(", "):
                    exported = rf"^export (?:async )?(?:const|class|function|let) {name}\b"
                    assert re.search(exported, SCRIPTS[FOLDER + source], re.M), f"{path} imports {name} of {source}"


def test_every_control_of_the_page_does_something() -> None:
    wanted = set(re.findall(r'data-do="(\w+)"', TEXTS["/"]))
    acts = TEXTS[f"{FOLDER}main.js"].partition("const acts = {")[2].partition("\n};")[0]
    done = set(re.findall(r"^  (\w+)(?:: |,)", acts, re.M))
    assert wanted <= done


@pytest.mark.parametrize(
    "name", ["MATTER_NAMES", "ROW_RGB", "SEALED_RGB", "COIN_RGB", "LOOT_RGB", "THREAT_RGB", "GLOW_RGB", "GLAD_RGB"]
)
def test_colours_are_those_of_the_palette(name: str) -> None:
    assert law()[name] == json.loads(json.dumps(getattr(palette, name)))


def test_words_are_those_of_the_laws() -> None:
    tables = law()
    assert tables["BODY_RGB"] == palette.BODY_RGB.tolist()
    assert tables["ACTS"] == [act.name.lower() for act in Act]
    assert len(tables["ACTS"]) == ACTS
    assert len(tables["MOVES"]) == MOVES
    assert [deed["name"] for deed in tables["DEEDS"]] == [deed.name for deed in DEEDS]
    assert tables["KIND_NAMES"] == {str(int(kind)): kind.name.lower() for kind in Kind}
