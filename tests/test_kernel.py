"""What a kernel says of itself, and how it runs cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib
import pytest
from client import Client, Kernel
from conftest import Start

from kernel_runner.languages import LANGUAGES, runner_class

INFO = {
    "python": ("python", ".py", "text/x-python", "ipython3"),
    "bash": ("bash", ".sh", "text/x-sh", "bash"),
    "nodejs": ("javascript", ".js", "text/javascript", "javascript"),
    "c": ("c", ".c", "text/x-csrc", "c"),
    "git": ("git", ".sh", "text/x-sh", "bash"),
}

# The programming languages that JupyterLab 4 colours, by the names, aliases and MIME types that it
# knows them by: whatever else a kernel says leaves its cells black. PHP is none of them, since its
# mode there is that of a page with <?php in it, which a cell has not.
MODES = """
apl brainfuck c c# c++ clojure cobol coffeescript crystal csharp d dart dylan elm erlang f#
factor forth fortran fsharp gas go groovy haskell haxe ipython java javascript julia kotlin
livescript lua mathematica modelica objc objective-c ocaml octave oz pascal perl powershell
python q r ruby rust sas scala scheme shell smalltalk sml sql squirrel swift tcl
typescript verilog vhdl yacas z80
application/typescript text/javascript text/x-c++src text/x-common-lisp text/x-csharp
text/x-csrc text/x-go text/x-java text/x-kotlin text/x-objectivec text/x-ocaml text/x-python
text/x-rsrc text/x-ruby text/x-rustsrc text/x-scala text/x-sh text/x-sml text/x-sql
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_kernel_info(shared: Callable[[str], Kernel], language: str) -> None:
    info = shared(language).client.ask("kernel_info_request").content
    assert info["status"] == "ok"
    assert info["protocol_version"].startswith("5.")
    assert info["implementation"] == "kernel_runner"
    assert runner_class(language).language.display_name in info["banner"]
    about = info["language_info"]
    assert about["name"]
    assert about["mimetype"]
    assert about["file_extension"].startswith(".")
    assert about["version"][0].isdigit()


@pytest.mark.parametrize("language", INFO)
def test_language_info_is_that_of_the_best_known_kernels(
    shared: Callable[[str], Kernel], language: str
) -> None:
    about = shared(language).client.ask("kernel_info_request").content["language_info"]
    names = ("name", "file_extension", "mimetype", "pygments_lexer")
    assert tuple(about[name] for name in names) == INFO[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_jupyterlab_knows_how_to_colour_the_cells(
    shared: Callable[[str], Kernel], language: str
) -> None:
    about = shared(language).client.ask("kernel_info_request").content["language_info"]
    mode = about["codemirror_mode"]
    assert (mode["name"] if isinstance(mode, dict) else mode) in MODES.split()


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_features_that_are_there_are_announced(
    shared: Callable[[str], Kernel], language: str
) -> None:
    info = shared(language).client.ask("kernel_info_request").content
    assert not {"debugger", "kernel subshells"} & set(info["supported_features"])
    assert not info.get("debugger")


def test_a_cell_is_busy_then_input_then_output_then_idle(bash: Client) -> None:
    cell = bash.cell("echo one")
    assert cell.types == ["status", "execute_input", "stream", "status"]
    assert cell.states == ["busy", "idle"]
    assert cell.contents("execute_input") == [
        {"code": "echo one", "execution_count": cell.content["execution_count"]}
    ]


def test_counts_go_up_by_one(bash: Client) -> None:
    first, second = (bash.cell(":").content["execution_count"] for _ in range(2))
    assert second == first + 1


def test_an_empty_cell_does_nothing(python: Client) -> None:
    cell = python.cell(" \n")
    assert cell.status == "ok"
    assert cell.types == ["status", "execute_input", "status"]


def test_a_silent_cell_is_not_heard(python: Client) -> None:
    before = python.cell("1").content["execution_count"]
    cell = python.cell("quiet = 7\nprint(quiet)\nquiet", silent=True, store_history=False)
    assert cell.status == "ok"
    assert cell.types == ["status", "status"]
    assert cell.content["execution_count"] == before
    assert python.cell("quiet").text == "7"


def test_a_silent_error_aborts_nothing(python: Client) -> None:
    failing = python.execute("1 / 0", silent=True)
    after = python.cell("'still here'")
    assert failing.status == "error"
    assert failing.error == {}
    assert after.text == "'still here'"


def test_without_store_history_nothing_is_counted_or_kept(python: Client) -> None:
    before = python.cell("1").content["execution_count"]
    cell = python.cell("'not to be kept'", store_history=False)
    assert cell.text == "'not to be kept'"
    assert cell.content["execution_count"] == before
    tail = python.ask("history_request", {"hist_access_type": "tail", "n": 5, "raw": True})
    assert all("not to be kept" not in entry[2] for entry in tail.content["history"])


def test_user_expressions(python: Client) -> None:
    expressions = {"sum": "a + 1", "broken": "1 / 0", "unparsable": "=", "rich": "Rich()"}
    cell = python.cell(
        "a = 41\nclass Rich:\n    def _repr_html_(self): return '<i>x</i>'",
        user_expressions=expressions,
    )
    values = cell.content["user_expressions"]
    assert values["sum"]["status"] == "ok"
    assert values["sum"]["data"]["text/plain"] == "42"
    assert values["rich"]["data"]["text/html"] == "<i>x</i>"
    assert values["broken"]["status"] == "error"
    assert values["broken"]["ename"] == "ZeroDivisionError"
    assert values["unparsable"]["ename"] == "SyntaxError"
    assert cell.error == {}


def test_user_expressions_in_javascript(nodejs: Client) -> None:
    values = nodejs.cell("var a = 41", user_expressions={"sum": "a + 1", "bad": "nope"}).content[
        "user_expressions"
    ]
    assert "42" in values["sum"]["data"]["text/plain"]
    assert values["bad"]["status"] == "error"


def test_an_error_aborts_what_is_queued(python: Client) -> None:
    failing = python.execute("raise KeyError('first')")
    queued = [python.execute(f"reached = {n}") for n in range(3)]
    for cell in (failing, *queued):
        python.finish(cell)
    assert failing.content["ename"] == "KeyError"
    assert [cell.status for cell in queued] == ["aborted"] * 3
    assert all(cell.states == ["busy", "idle"] for cell in queued)
    assert python.cell("'reached' in globals()").text == "False"


def test_stop_on_error_false_aborts_nothing(bash: Client) -> None:
    failing = bash.execute("(exit 3)", stop_on_error=False)
    queued = bash.execute("echo reached")
    assert bash.finish(failing).status == "error"
    assert bash.finish(queued).stdout == "reached\n"


def test_two_clients_share_one_queue(start: Start) -> None:
    kernel = start("bash")
    first, second = kernel.client, kernel.connect()
    gate = kernel.folder / "gate"
    # The first cell holds the queue until everything else has been sent.
    opening = first.execute(f"until [ -e {gate} ]; do sleep 0.05; done")
    first.wait(lambda: "busy" in opening.states)
    cells = []
    for number in range(20):
        client = (first, second)[number % 2]
        cells.append((client, client.execute(f"echo {number}; order+=({number})")))
        # What is answered shows that the request before it has arrived: the order is known.
        client.ask("kernel_info_request")
    gate.touch()
    for client, cell in cells:
        client.finish(cell)
    assert [cell.stdout for _, cell in cells] == [f"{number}\n" for number in range(20)]
    expected = " ".join(map(str, range(20)))
    assert first.cell('echo "${order[*]}"').stdout == expected + "\n"


def test_what_one_client_runs_the_other_hears(start: Start) -> None:
    kernel = start("python")
    first, second = kernel.client, kernel.connect()
    cell = first.cell("print('for all')")
    second.settled()
    heard = [
        message["msg_type"]
        for message in second.others
        if message["parent_header"].get("msg_id") == cell.id
    ]
    assert heard == ["status", "execute_input", "stream", "status"]


def test_ten_thousand_cells_end_in_order(start: Start) -> None:
    client = start("python").client
    client.cell("order = []")
    cells = [client.execute(f"order.append({n})", store_history=False) for n in range(10_000)]
    for cell in cells:
        client.finish(cell)
    assert {cell.status for cell in cells} == {"ok"}
    assert [cell.replied for cell in cells] == sorted(cell.replied for cell in cells)
    assert client.cell("order == list(range(10_000))").text == "True"


def test_pages_of_help_are_payload(python: Client) -> None:
    payload = python.cell("len?").content["payload"]
    assert [page["source"] for page in payload] == ["page"]
    assert "Return the number of items" in payload[0]["data"]["text/plain"]


def test_displays_and_their_updates(python: Client) -> None:
    cell = python.cell(
        "handle = display('one', display_id='x1')\nhandle.update('two')\n"
        "from IPython.display import clear_output\nclear_output(wait=True)\n'three'"
    )
    assert cell.types[2:-1] == [
        "display_data",
        "update_display_data",
        "clear_output",
        "execute_result",
    ]
    shown, updated = cell.contents("display_data")[0], cell.contents("update_display_data")[0]
    assert shown["transient"] == updated["transient"] == {"display_id": "x1"}
    assert updated["data"]["text/plain"] == "'two'"
    assert cell.contents("clear_output") == [{"wait": True}]


def test_text_and_pictures_keep_their_order(python: Client) -> None:
    cell = python.cell("for n in range(20):\n    print(n)\n    display(n)")
    assert cell.status == "ok"
    shown = [
        message["content"]["text"].strip()
        if message["msg_type"] == "stream"
        else message["content"]["data"]["text/plain"]
        for message in cell.messages
        if message["msg_type"] in ("stream", "display_data")
    ]
    assert shown == [str(n) for n in range(20) for _ in range(2)]


def test_figures_are_shown_inline(python: Client) -> None:
    cell = python.cell("import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])")
    assert cell.status == "ok", cell
    assert any(bundle.get("image/png", "").startswith("iVBOR") for bundle in cell.displays), cell


def test_figures_are_shown_without_ipython(start: Start, bare_python: str) -> None:
    client = start("python", python=bare_python).client
    packages = str(Path(matplotlib.__file__).parents[1])
    # Only now, so that the session has found no IPython.
    client.cell(f"import sys; sys.path.append({packages!r})")
    two = "plt.plot([1, 3, 2]); plt.show(); plt.bar(['a'], [1]);"
    for code, pictures in ((f"import matplotlib.pyplot as plt; {two}", 2), ("1", 0)):
        cell = client.cell(code)
        assert cell.status == "ok", cell
        found = [bundle.get("image/png", "")[:5] for bundle in cell.displays]
        assert found == ["iVBOR"] * pictures, cell
