"""Make kernelspecs/: each language's kernel.json, and its logo as SVG and PNG.

    python tools/make_kernelspecs.py

The logos are one family: a notebook cell, whose bar at the left says that it is selected, in a
colour of the language's own, and a sign drawn with one pen. The PNGs need rsvg-convert
(apt-get install librsvg2-bin).
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from kernel_runner.kernelspec import kernel_spec, write_spec
from kernel_runner.languages import LANGUAGES, runner_class

KERNELSPECS = Path(__file__).parent.parent / "kernelspecs"
PIXELS = 64


@dataclass(frozen=True)
class Logo:
    """The cell's colour, the bar's, and what the pen draws on a field of 64 by 64."""

    colour: str
    bar: str
    strokes: str


LOGOS = {
    "ada": Logo(
        "#1a5a6b",
        "#93d3e3",
        '<path d="M21 47 L35 17 L49 47"/><path d="M27 36 H43"/>',
    ),
    "algol68": Logo(
        "#6b3a2a",
        "#f0bfa8",
        '<path d="M20 46 L28 22 L36 46"/><path d="M23.5 38 H32.5"/>'
        '<circle cx="48" cy="26" r="5"/><circle cx="48" cy="40" r="6"/>',
    ),
    "assembly": Logo(
        "#4d4d57",
        "#c9c9d9",
        '<rect x="23" y="20" width="24" height="24" rx="3"/>'
        '<path d="M29 14 V20"/><path d="M41 14 V20"/><path d="M29 44 V50"/><path d="M41 44 V50"/>',
    ),
    "awk": Logo(
        "#5a4a2f",
        "#e6cf9f",
        '<path d="M20 20 H52"/><path d="M20 32 H52"/><path d="M20 44 H52"/>'
        '<path d="M31 14 V50" stroke-width="3"/>',
    ),
    "bash": Logo(
        "#37474f",
        "#80cbc4",
        '<path d="M21 21 L32 32 L21 43"/><path d="M38 44 H52"/>',
    ),
    "bc": Logo(
        "#3d4f2a",
        "#c5e09a",
        '<rect x="21" y="14" width="28" height="36" rx="3"/><path d="M27 22 H43"/>'
        '<path d="M28 33 H30"/><path d="M40 33 H42"/><path d="M28 42 H30"/><path d="M40 42 H42"/>',
    ),
    "brainfuck": Logo(
        "#5c2a52",
        "#eba6da",
        '<path d="M28 18 H21 V46 H28"/><path d="M42 18 H49 V46 H42"/>'
        '<path d="M30 32 H40"/><path d="M35 27 V37"/>',
    ),
    "c": Logo(
        "#1f5f99",
        "#8ec9f5",
        '<path d="M48.5 23.5 A14.5 14.5 0 1 0 48.5 40.5"/>',
    ),
    "clojure": Logo(
        "#3a6b2a",
        "#b5e3a0",
        '<circle cx="35" cy="32" r="16"/><path d="M28 40 C28 31 31 26 27 22"/>'
        '<path d="M31 30 C34 22 41 24 41 32 C41 38 38 40 35 40"/>',
    ),
    "cobol": Logo(
        "#1f4a4f",
        "#9fd3d9",
        '<path d="M33 24 A9 9 0 1 0 33 40"/><path d="M40 27 H53"/><path d="M40 37 H53"/>',
    ),
    "coffeescript": Logo(
        "#4a3226",
        "#e3c9a8",
        '<path d="M18 28 H44 V40 C44 45 40 48 36 48 H26 C22 48 18 45 18 40 Z"/>'
        '<path d="M44 31 H48 C54 31 54 41 48 41 H44"/><path d="M26 22 V17 M36 22 V17"/>',
    ),
    "cpp": Logo(
        "#2b4c8f",
        "#a8c4fa",
        '<path d="M32 26 A9 9 0 1 0 32 38"/>'
        '<g stroke-width="3.5"><path d="M37 32 H45 M41 28 V36"/>'
        '<path d="M50 32 H58 M54 28 V36"/></g>',
    ),
    "csharp": Logo(
        "#5b2a86",
        "#d3aef5",
        '<path d="M32 26 A9 9 0 1 0 32 38"/>'
        '<g stroke-width="3.5"><path d="M45 24 L43 40"/><path d="M52 24 L50 40"/>'
        '<path d="M39 29 H56"/><path d="M38 35.5 H55"/></g>',
    ),
    "d": Logo(
        "#9a2f2f",
        "#f5aaaa",
        '<path d="M23 18 V46 H31 A14 14 0 0 0 31 18 Z"/><path d="M52 17 V17.2"/>',
    ),
    "elixir": Logo(
        "#4b2f7a",
        "#c3a8f0",
        '<path d="M36 15 C29 25 23 31 23 38 A12.5 11.5 0 0 0 48 38 C48 31 41 25 36 15 Z"/>'
        '<path d="M30 38 A6 6 0 0 0 35 43"/>',
    ),
    "erlang": Logo(
        "#7a1f3a",
        "#f5a8c0",
        '<path d="M47 26 C45 18 39 15 34 15 C25 15 20 22 20 31 C20 41 26 48 36 48 '
        'C42 48 46 45 49 40"/><path d="M21 29 H48"/>',
    ),
    "forth": Logo(
        "#4f2f2f",
        "#f0b0a0",
        '<path d="M24 46 H46"/><path d="M24 36 H46"/><path d="M24 26 H46"/>'
        '<path d="M35 10 V18"/><path d="M31 15 L35 19 L39 15"/>',
    ),
    "fortran": Logo(
        "#4f4a8a",
        "#c4bff5",
        '<path d="M24 47 V18 H47"/><path d="M24 32 H41"/>',
    ),
    "gap": Logo(
        "#2f3f6b",
        "#b0c4f0",
        '<path d="M35 16 L50 42 H20 Z"/><circle cx="35" cy="34" r="4"/>',
    ),
    "git": Logo(
        "#6d3b8f",
        "#d9a9f2",
        '<path d="M25 18 V46"/><path d="M25 39 C25 31 45 36 45 25"/>'
        '<g fill="#6d3b8f"><circle cx="25" cy="17" r="5"/><circle cx="25" cy="47" r="5"/>'
        '<circle cx="45" cy="21" r="5"/></g>',
    ),
    "go": Logo(
        "#0b6a78",
        "#8fe0ea",
        '<path d="M36 23 A11 11 0 1 0 38 33 H29"/><circle cx="48" cy="35" r="7.5"/>',
    ),
    "groovy": Logo(
        "#2f6073",
        "#9fd6ea",
        '<path d="M35 15 L40 26 L53 27 L43 35 L46 48 L35 41 L24 48 L27 35 L17 27 L30 26 Z"/>',
    ),
    "haskell": Logo(
        "#54407f",
        "#cbb8f2",
        '<path d="M18 20 L27 32 L18 44"/><path d="M29 20 L47 44"/><path d="M38 32 L29 44"/>'
        '<path d="M43 28 H53"/>',
    ),
    "java": Logo(
        "#8a2f3c",
        "#f5a9b0",
        '<path d="M22 29 H44 V37 A10 10 0 0 1 34 47 H32 A10 10 0 0 1 22 37 Z"/>'
        '<path d="M44 31 H47 A4.5 4.5 0 0 1 47 40 H44"/>'
        '<path d="M28 14 V20"/><path d="M38 14 V20"/>',
    ),
    "julia": Logo(
        "#5a3a8f",
        "#cdb4f5",
        '<circle cx="35" cy="21" r="5"/><circle cx="25" cy="39" r="5"/>'
        '<circle cx="45" cy="39" r="5"/>',
    ),
    "kotlin": Logo(
        "#5b3a9e",
        "#cdb8f5",
        '<path d="M24 16 V48"/><path d="M44 16 L24 34"/><path d="M32 27 L45 48"/>',
    ),
    "lisp": Logo(
        "#2b5f6e",
        "#9fd8e6",
        '<path d="M27 17 C17 25 17 39 27 47"/><path d="M43 17 C53 25 53 39 43 47"/>'
        '<path d="M31 32 H39"/>',
    ),
    "lua": Logo(
        "#2a3a8c",
        "#a9b8f7",
        '<circle cx="33" cy="35" r="13"/><path d="M38.5 31 V31.2"/><path d="M52 15 V15.2"/>',
    ),
    "maxima": Logo(
        "#7a3b2e",
        "#f5c6a5",
        '<path d="M19 46 C23 46 23 18 28 18 C32 18 31 40 35 40 '
        'C39 40 38 18 42 18 C47 18 47 46 51 46"/>'
        '<path d="M23 12 H33"/><path d="M37 12 H47"/>',
    ),
    "nasm": Logo(
        "#2f4f8a",
        "#a9c4f5",
        '<rect x="23" y="20" width="24" height="24" rx="3"/>'
        '<path d="M17 26 H23"/><path d="M17 38 H23"/><path d="M47 26 H53"/><path d="M47 38 H53"/>',
    ),
    "nim": Logo(
        "#6b5a10",
        "#f2dc83",
        '<path d="M21 45 L17 23 L27 31 L35 18 L43 31 L53 23 L49 45 Z"/>',
    ),
    "nodejs": Logo(
        "#a85a12",
        "#ffcf8a",
        '<path d="M28 18 V39 A6.5 6.5 0 0 1 16.5 43"/>'
        '<path d="M50.5 22.5 C48 17.5 36.5 17 36.5 25 C36.5 33.5 51.5 30 51.5 39 '
        'C51.5 48 38 47.5 35.5 41.5"/>',
    ),
    "objectivec": Logo(
        "#35506e",
        "#aecbea",
        '<path d="M26 18 H20 V46 H26"/>'
        '<path d="M47 18 H53 V46 H47"/>'
        '<path d="M36.5 25 V25.2"/><path d="M36.5 39 V39.2"/>',
    ),
    "ocaml": Logo(
        "#b3560f",
        "#ffd19a",
        '<path d="M18 33 C21 26 26 27 28 32 C31 38 35 37 37 32 C39 26 43 21 51 22"/>'
        '<path d="M26 46 V36"/><path d="M43 46 V32"/>',
    ),
    "pari": Logo(
        "#3a2f6b",
        "#c4b0f0",
        '<path d="M19 22 C22 17 26 18 30 18 H52"/><path d="M29 18 C29 32 27 40 23 46"/>'
        '<path d="M42 18 C41 32 41 46 49 45"/>',
    ),
    "pascal": Logo(
        "#2f6b3a",
        "#a6e0b0",
        '<path d="M35 18 V18.2"/><path d="M27 31 V31.2"/><path d="M43 31 V31.2"/>'
        '<path d="M19 44 V44.2"/><path d="M35 44 V44.2"/><path d="M51 44 V44.2"/>',
    ),
    "php": Logo(
        "#4a4d8f",
        "#bfc2f2",
        '<path d="M22 20 L34 44"/><path d="M34 20 L22 44"/><path d="M28 15 V49"/>'
        '<path d="M42 32 H53"/>',
    ),
    "perl": Logo(
        "#2f5d62",
        "#a3d5d9",
        '<circle cx="35" cy="28" r="10"/><path d="M20 46 C26 41 44 41 50 46"/>',
    ),
    "prolog": Logo(
        "#8a3b12",
        "#f7b98b",
        '<path d="M24 22 C24 14 38 14 38 22 C38 28 31 28 31 35"/><path d="M31 45 V45.2"/>'
        '<path d="M44 32 H54"/>',
    ),
    "octave": Logo(
        "#8a3b5c",
        "#f2adc7",
        '<circle cx="29" cy="32" r="11"/><path d="M44 40 Q47 18 50 32 T56 30"/>',
    ),
    "python": Logo(
        "#1b6b50",
        "#94dfc2",
        '<path d="M19 46 V18 H24.5 A8 8 0 0 1 24.5 34 H19"/>'
        '<path d="M39.5 27.5 L46 40.5"/><path d="M53 27.5 L45 45 Q43.3 49 39 48.5"/>',
    ),
    "r": Logo(
        "#3d4db3",
        "#b9c3ff",
        '<path d="M22 46 V18 H35 A8 8 0 0 1 35 34 H22"/><path d="M33.5 34 L44 46"/>',
    ),
    "racket": Logo(
        "#6b2f8a",
        "#dcaef5",
        '<path d="M27 17 H20 V47 H27"/><path d="M46 17 H53 V47 H46"/>'
        '<path d="M31 22 C35 22 37 42 43 42"/><path d="M36.5 33 L31 42"/>',
    ),
    "raku": Logo(
        "#5c4a1f",
        "#f0d890",
        '<path d="M35 32 C26 14 14 24 24 31 C14 38 26 50 35 32"/>'
        '<path d="M35 32 C44 14 56 24 46 31 C56 38 44 50 35 32"/><path d="M35 20 V46"/>',
    ),
    "ruby": Logo(
        "#8e2a3a",
        "#f4a6b0",
        '<path d="M24 19 H46 L54 29 L35 48 L16 29 Z"/><path d="M17 29 H53"/>',
    ),
    "rust": Logo(
        "#7a4a2a",
        "#eec39a",
        '<circle cx="34" cy="32" r="11"/>'
        '<path d="M34 13 V18"/><path d="M34 46 V51"/><path d="M17.5 22.5 L22 25"/>'
        '<path d="M46 39 L50.5 41.5"/><path d="M17.5 41.5 L22 39"/><path d="M46 25 L50.5 22.5"/>'
        '<path d="M30.5 37 V27.5 H35 A3 3 0 0 1 35 33 H30.5"/><path d="M35 33 L38 37"/>',
    ),
    "scala": Logo(
        "#8f2222",
        "#f5a3a3",
        '<path d="M24 21 C34 24 42 18 46 16 V22 C42 26 34 28 24 29 Z"/>'
        '<path d="M24 35 C34 38 42 32 46 30 V36 C42 40 34 42 24 43 Z"/>',
    ),
    "scheme": Logo(
        "#8f2336",
        "#f5a9b5",
        '<path d="M21 18 H25 C33 18 33 46 50 46"/><path d="M33.5 32 L22 46"/>',
    ),
    "sml": Logo(
        "#5c2f5c",
        "#e3b3e3",
        '<path d="M20 18 L35 46 L50 18"/><path d="M27 18 H43"/>',
    ),
    "sql": Logo(
        "#1d6a7a",
        "#8fdbe8",
        '<ellipse cx="36" cy="20" rx="15" ry="5.5"/>'
        '<path d="M21 20 V44 C21 51 51 51 51 44 V20"/><path d="M21 32 C21 39 51 39 51 32"/>',
    ),
    "tcl": Logo(
        "#7a5c12",
        "#f0d68a",
        '<path d="M24 48 C24 34 32 20 48 17 C49 31 42 41 27 42"/><path d="M27 42 L38 29"/>',
    ),
    "typescript": Logo(
        "#0d5c75",
        "#7fd6ee",
        '<path d="M17 20 H33"/><path d="M25 20 V46"/>'
        '<path d="M52 23.5 C49.5 18.5 38.5 18 38.5 26 C38.5 34 53 31 53 39.5 '
        'C53 48 40 47.5 37.5 42"/>',
    ),
    "vala": Logo(
        "#5b3f8c",
        "#cdb9f2",
        '<path d="M20 19 L34 45 L46 23"/><path d="M46 23 C48 18 54 18 54 23"/>',
    ),
    "zig": Logo(
        "#7a5410",
        "#f5cf85",
        '<path d="M21 19 H49 L21 45 H49"/><path d="M29 32 H43"/>',
    ),
}

SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">
  <title>{title}</title>
  <rect x="2" y="2" width="60" height="60" rx="13" fill="{colour}"/>
  <rect x="7.5" y="16" width="4" height="32" rx="2" fill="{bar}"/>
  <g fill="none" stroke="#fff" stroke-width="5.5" stroke-linecap="round" stroke-linejoin="round">
    {strokes}
  </g>
</svg>
"""


def main() -> None:
    """Make them all."""
    for name in LANGUAGES:
        folder = KERNELSPECS / name
        folder.mkdir(parents=True, exist_ok=True)
        class_ = runner_class(name)
        write_spec(folder, kernel_spec(class_))
        make_logos(folder, LOGOS[name], class_.language.display_name)


def make_logos(folder: Path, logo: Logo, title: str) -> None:
    """Write a logo's SVG, and the PNG from it."""
    drawing = folder / "logo-svg.svg"
    drawing.write_text(
        SVG.format(title=title, colour=logo.colour, bar=logo.bar, strokes=logo.strokes)
    )
    size = str(PIXELS)
    picture = folder / f"logo-{PIXELS}x{PIXELS}.png"
    command = ["rsvg-convert", "-w", size, "-h", size, "-o", str(picture), str(drawing)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
