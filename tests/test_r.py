"""R: packages that show things in ways of their own."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from client import Kernel

PLOT = "p <- ggplot2::ggplot(mtcars, ggplot2::aes(mpg, wt)) + ggplot2::geom_point()\n"


@pytest.fixture
def has(shared: Callable[[str], Kernel]) -> Callable[[str], bool]:
    """Whether R has a package."""

    def has(package: str) -> bool:
        code = f"requireNamespace('{package}', quietly = TRUE)"
        return shared("r").client.cell(f"print({code})").stdout == "[1] TRUE\n"

    return has


@pytest.mark.parametrize("shown", ["p", "print(p)", "for (i in 1) print(p)"])
def test_a_ggplot_is_a_picture(
    shared: Callable[[str], Kernel], has: Callable[[str], bool], shown: str
) -> None:
    cell = shared("r").client.cell(f"{PLOT}options(repr.plot.width = 2)\n{shown}")
    if has("ggplot2"):
        assert [sorted(bundle) for bundle in cell.displays] == [["image/png", "text/plain"]], cell
    else:
        assert cell.error["ename"] == "packageNotFoundError"


@pytest.mark.parametrize("shown", ["w", "print(w)"])
def test_a_widget_is_html_with_a_text_for_consoles(
    shared: Callable[[str], Kernel], has: Callable[[str], bool], shown: str
) -> None:
    cell = shared("r").client.cell(f"w <- DT::datatable(head(iris))\n{shown}")
    if has("DT") and has("repr"):
        bundle = cell.result or cell.displays[0]
        assert bundle["text/plain"] == "<datatables widget>"
        assert "datatables" in bundle["text/html"]
    else:
        assert not cell.stdout


def test_the_size_of_plots_is_an_option(shared: Callable[[str], Kernel]) -> None:
    client = shared("r").client
    sizes = []
    for inches in (2, 4):
        options = f"options(repr.plot.width = {inches}, repr.plot.height = 1, repr.plot.res = 100)"
        [bundle] = client.cell(f"{options}\npar(mar = rep(0, 4))\nplot(1)").displays
        sizes.append(png_width(bundle["image/png"]))
    assert sizes == [200, 400]


def png_width(data: str) -> int:
    """The width that a PNG's header tells, from base64."""
    return int.from_bytes(base64.b64decode(data)[16:20], "big")
