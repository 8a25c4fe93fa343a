"""Make the bundled sample tree again from its seed: ``make sample``.

A small observatory's computer, in the classes of matter that the universe knows: source, tables, notes, pictures and sounds,
weights, settings, logs, binaries, caches, conversations, readings of the hardware, and a secret (salted and fake) that stays
sealed. Every byte comes from the seed, so that whoever changes this file sees in the difference what changed.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import struct
import sys
import wave
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "src" / "ninepixel" / "assets"
SEED = 9
DAY = 86_400

#: Split at run time: a list to read.
TEXT = """
    signal drift aperture lattice meridian residue quantum harvest plate noise exposure orbit glass shutter
    spectrum dust corona season archive ledger pulse hollow ember basin threshold filament drum index cycle
    parallax
"""
WORDS = TEXT.split()
STARS = ["vega", "altair", "deneb", "rigel", "mira", "algol", "spica", "antares", "capella", "procyon"]


def chance(name: str) -> random.Random:
    """The randomness of one file."""
    return random.Random(f"{SEED}:{name}")


def sentence(r: random.Random) -> str:
    """Ten words or so."""
    words = [r.choice(WORDS) for _ in range(r.randint(6, 14))]
    return " ".join(words).capitalize() + "."


def prose(name: str, paragraphs: int) -> bytes:
    """A note with a heading."""
    r = chance(name)
    title = " ".join(r.sample(WORDS, 3)).title()
    body = "\n\n".join(" ".join(sentence(r) for _ in range(r.randint(3, 7))) for _ in range(paragraphs))
    return f"# {title}\n\n{body}\n".encode()


def python(name: str, functions: int) -> bytes:
    """A module of small functions."""
    r = chance(name)
    parts = [f'"""{sentence(r)}"""\n\nfrom __future__ import annotations\n']
    for verb in r.sample(WORDS, functions):
        a, b = r.sample(WORDS, 2)
        parts.append(f'\n\ndef {verb}({a}: int, {b}: int = {r.randint(1, 99)}) -> int:\n    """{sentence(r)}"""\n')
        parts.append(
            f"    total = 0\n    for step in range({a}):\n        total += (step * {b}) % {r.randint(3, 97)}\n    return total\n"
        )
    return "".join(parts).encode()


def c_source(name: str, functions: int) -> bytes:
    """A C or shader file."""
    r = chance(name)
    parts = [f"// {sentence(r)}\n"]
    for verb in r.sample(WORDS, functions):
        parts.append(
            f"\nint {verb}(int a, int b) {{\n    return (a * {r.randint(2, 99)} + b) & {2 ** r.randint(4, 16) - 1};\n}}\n"
        )
    return "".join(parts).encode()


def table(name: str, rows: int) -> bytes:
    """Measurements, comma separated."""
    r = chance(name)
    lines = ["night,star,exposure_s,counts,seeing_centiarcs"]
    lines += [
        ",".join(
            map(
                str, [r.randint(20240101, 20241231), r.choice(STARS), r.randint(1, 600), r.randint(10, 65535), r.randint(40, 400)]
            )
        )
        for _ in range(rows)
    ]
    return ("\n".join(lines) + "\n").encode()


def json_lines(name: str, rows: int) -> bytes:
    """Events, one JSON object a line."""
    r = chance(name)
    return "".join(
        json.dumps({"at": 1_700_000_000 + r.randint(0, 10**7), "what": r.choice(WORDS), "value": r.randint(0, 4095)}) + "\n"
        for _ in range(rows)
    ).encode()


def settings(name: str, lines: int) -> bytes:
    """Settings in whatever dialect the ending asks for."""
    r = chance(name)
    pairs = [(word, r.randint(0, 4096)) for word in r.sample(WORDS, lines)]
    if name.endswith(".json"):
        return (json.dumps(dict(pairs), indent=2) + "\n").encode()
    if name.endswith((".yaml", ".yml")):
        return "".join(f"{k}: {v}\n" for k, v in pairs).encode()
    return ("[observatory]\n" + "".join(f"{k} = {v}\n" for k, v in pairs)).encode()


def journal(name: str, lines: int) -> bytes:
    """A log."""
    r = chance(name)
    at = 0
    out = []
    for _ in range(lines):
        at += r.randint(1, 400)
        day = f"2025-{at // 90000 % 12 + 1:02}-{at // 3000 % 28 + 1:02}"
        clock = f"{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}"
        out.append(f"{day}T{clock} {r.choice(['info', 'info', 'warn'])} {sentence(r)}\n")
    return "".join(out).encode()


def raw(name: str, size: int) -> bytes:
    """Bytes without meaning."""
    return chance(name).randbytes(size)


def picture(name: str, side: int) -> bytes:
    """A PNG: rings of light. Stored and not compressed, so that every zlib makes the same bytes."""
    r = chance(name)
    cx, cy, tint = r.randrange(side), r.randrange(side), [r.randint(60, 255) for _ in range(3)]
    rows = bytearray()
    for y in range(side):
        rows.append(0)
        for x in range(side):
            near = max(0, 255 - ((x - cx) ** 2 + (y - cy) ** 2) * 1400 // side**2)
            rows += bytes(near * t // 255 for t in tint)
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(rows), 0)) + chunk(b"IEND", b"")


def sound(name: str, samples: int) -> bytes:
    """A WAV: a wavering square wave."""
    r = chance(name)
    period, out = r.randint(20, 90), io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 1, 8000, samples, "NONE", ""))
        file.writeframes(bytes(128 + (40 if t // period % 2 else -40) + r.randint(-6, 6) for t in range(samples)))
    return out.getvalue()


def archive(name: str, entries: int) -> bytes:
    """A zip of raw arrays, stored, dated 1980: what a .npz of weights is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for i in range(entries):
            file.writestr(zipfile.ZipInfo(f"layer{i}.npy"), raw(f"{name}:{i}", 640 << (i % 3)))
    return out.getvalue()


def elf(name: str, size: int) -> bytes:
    """Something that begins like a program and is none."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + raw(name, size)


def conversation(name: str, lines: int) -> bytes:
    """Two people at night."""
    r = chance(name)
    return "".join(f"{r.choice(['ada', 'noor'])}: {sentence(r)}\n" for _ in range(lines)).encode()


def pseudo_secret(name: str) -> bytes:
    """Looks like a secret to whoever sorts files by name; holds a marker that tests look for and nothing else."""
    return f"NINEPIXEL_SALT=never-to-be-read-{chance(name).randbytes(8).hex()}\n".encode()


def tree() -> Iterator[tuple[str, bytes]]:
    """Every file: its path and its bytes."""
    yield from instrument()
    yield from measurements()
    yield from writings()
    yield from machine()


def instrument() -> Iterator[tuple[str, bytes]]:
    """The programs of the telescope."""
    yield "README.md", prose("README.md", 4)
    yield "Makefile", b"all:\n\tpython src/telescope/main.py\n"
    for i, name in enumerate(["main", "mount", "dome", "camera", "focus", "schedule", "weather"]):
        yield f"src/telescope/{name}.py", python(name, 2 + i)
    for name in ["background", "centroid", "photometry", "stack", "wcs"]:
        yield f"src/telescope/reduce/{name}.py", python(name, 5)
    for name in ["motor", "encoder", "shutter"]:
        yield f"src/firmware/{name}.c", c_source(name, 6)
        yield f"src/firmware/{name}.h", c_source(name + ".h", 2)
    yield "src/firmware/boards/rev3/pins.h", c_source("pins", 1)
    yield "src/firmware/boards/rev3/boot.asm", c_source("boot", 1)
    for name in ["bloom.glsl", "field.frag", "sky.vert"]:
        yield f"src/viewer/shaders/{name}", c_source(name, 3)
    for name in ["app.ts", "sky.ts", "panel.js", "index.css"]:
        yield f"src/viewer/{name}", c_source(name, 8)
    for name in ["mount", "dome", "reduce", "schedule"]:
        yield f"tests/test_{name}.py", python("test " + name, 3)
    for name in ["site.toml", "camera.toml", "filters.yaml", "mount.ini", "schedule.json", "network.yaml"]:
        yield f"config/{name}", settings(name, 9)
    yield "config/.env", pseudo_secret(".env")
    yield "config/profiles/winter.toml", settings("winter.toml", 12)
    yield "config/profiles/summer.toml", settings("summer.toml", 12)


def measurements() -> Iterator[tuple[str, bytes]]:
    """What the telescope saw."""
    for year in (2023, 2024, 2025):
        for month in range(1, 13, 3):
            yield f"data/nights/{year}/{year}-{month:02}.csv", table(f"{year}{month}", 20 + year % 10 * 12 + month * 3)
    for star in STARS[:6]:
        yield f"data/light-curves/{star}.csv", table(star, 70)
    yield "data/catalogue.sqlite", b"SQLite format 3\0" + raw("catalogue", 24_000)
    yield "data/events.jsonl", json_lines("events", 120)
    yield "data/flats/master.npy", b"\x93NUMPY\x01\x00" + raw("master", 12_000)
    yield "data/flats/dark.npy", b"\x93NUMPY\x01\x00" + raw("dark", 6_000)
    for i, star in enumerate(STARS):
        yield f"media/plates/{star}.png", picture(star, 16 + 3 * (i % 5))
    for name in ["dome-open", "dome-close", "alarm", "rain"]:
        yield f"media/sounds/{name}.wav", sound(name, 1500 + 900 * len(name) % 4000)
    for name, entries in (("classifier.safetensors", 5), ("denoiser.onnx", 4), ("seeing.pt", 6)):
        yield f"models/{name}", archive(name, entries)
    yield "models/old/classifier-v1.pt", archive("v1", 3)
    yield "models/old/classifier-v1.npz", archive("v1z", 2)
    yield "models/card.md", prose("card", 3)


def writings() -> Iterator[tuple[str, bytes]]:
    """What people wrote."""
    for i, name in enumerate(["first-light", "dome-repair", "open-questions", "mirror", "a-bad-winter", "visitors"]):
        yield f"notes/{name}.md", prose(name, 1 + 2 * i)
    for month in range(1, 13):
        yield f"notes/diary/2025-{month:02}.txt", prose(f"diary {month}", 1 + month % 4)
    for name in ["calibration", "operations", "safety"]:
        yield f"docs/{name}.rst", prose(name, 6)
    yield "docs/papers/variable-stars.tex", prose("paper", 14)
    yield "docs/papers/variable-stars.bib", prose("bib", 3)
    yield "docs/papers/figures/phase.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\n'
    for name in ["night-watch", "repairs"]:
        yield f"talk/{name}.chat", conversation(name, 40)
    yield "talk/todo.note", conversation("todo", 6)
    yield "talk/letter.draft", prose("letter", 2)


def machine() -> Iterator[tuple[str, bytes]]:
    """What the computer left behind."""
    for i, name in enumerate(["mount", "dome", "camera", "weather", "power"]):
        yield f"logs/{name}.log", journal(name, 20 + 25 * i)
    for i in range(1, 4):
        yield f"logs/old/mount.log.{i}", journal(f"mount {i}", 60)
    for name, size in (("tracker", 14_000), ("guider", 9_000)):
        yield f"bin/{name}.bin", elf(name, size)
    yield "bin/libmount.so", elf("libmount", 7_000)
    yield "bin/firmware/rev3.rom", raw("rom", 8_192)
    for i in range(9):
        yield f"cache/tiles/{i % 3}/{i}.tile", raw(f"tile {i}", 200 + 170 * i)
    yield "cache/index.cache", raw("index", 900)
    for name in ["upload.part", "scratch.tmp", "notes.swp"]:
        yield f"tmp/{name}", raw(name, 400)
    for name, text in (
        ("cpuinfo", "model name\t: a small computer on a mountain\ncpu cores\t: 4\n"),
        ("meminfo", "MemTotal:        8151204 kB\nMemFree:          911288 kB\n"),
        ("loadavg", "0.42 0.31 0.29 1/433 20119\n"),
    ):
        yield f"hardware/{name}", text.encode()


def ages(names: list[str]) -> dict[str, int]:
    """Seconds before the newest file: folders have their eras, files scatter around them; one file is the newest."""
    out = {}
    for name in names:
        folder = name.rpartition("/")[0]
        era = 10 ** chance(f"era {folder}").uniform(0.5, 3.2)
        out[name] = int(era * DAY * chance(f"age {name}").uniform(0.2, 1.0))
    out[min(out, key=lambda n: (out[n], n))] = 0
    return dict(sorted(out.items()))


def make(target: Path, ages_file: Path) -> dict[str, int]:
    """Write the tree anew to *target* and its ages beside it; returns the ages."""
    if target.exists():
        shutil.rmtree(target)
    names = []
    for name, content in tree():
        file = target.joinpath(*name.split("/"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        names.append(name)
    stated = ages(names)
    ages_file.write_text(json.dumps(stated, indent=0) + "\n", "utf-8")
    return stated


if __name__ == "__main__":
    made = make(ASSETS / "sample", ASSETS / "sample.ages.json")
    size = sum(f.stat().st_size for f in (ASSETS / "sample").rglob("*") if f.is_file())
    folders = sum(f.is_dir() for f in (ASSETS / "sample").rglob("*"))
    print(f"{len(made)} files in {folders} folders, {size:,} bytes", file=sys.stderr)
