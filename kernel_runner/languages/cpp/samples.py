"""Sample programs in C++: cells, and what they must show."""

from kernel_runner.language import Sample

PICTURE = """\
struct Table { int rows; };
std::map<std::string, std::string> mime_bundle_repr(const Table &table) {
    return {{"text/html", "<table>" + std::to_string(table.rows) + "</table>"}};
}
Table{2}"""
DISPLAY = """\
#include <kernel_runner.hpp>
kernel_runner::display({{"text/markdown", "*hello*"}, {"text/plain", "hello"}});"""
XEUS = """\
#include "xcpp/xdisplay.hpp"
xcpp::display(Table{3});"""
PROGRAM = """\
#include <iostream>
int main(int argc, char **argv) {
    std::cout << "a program of its own\\n";
    return argc - 1;
}"""
HALF = """\
#include <stdexcept>
int half(int n) {
    if (n % 2) throw std::invalid_argument("no half");
    return n / 2;
}
half(3)"""

SAMPLES = {
    "hello": (
        Sample('std::cout << "hello, world\\n";', stdout="hello, world\n"),
        Sample('std::cout << "hello, world\\n"', stdout="hello, world\n"),
    ),
    "state": (
        Sample('int n = 6;\nauto prices = std::map<std::string, int>{{"tea", 3}};'),
        Sample("struct Cup { int size() const { return 7; } };\nCup cup;"),
        Sample('n * cup.size() + prices["tea"]', result="45"),
    ),
    "value": (
        Sample('std::vector<std::string>{"a", "b"}', result=r'\{"a", "b"\}'),
        Sample(
            "struct Point { int x; double y; };\nPoint{1, 2.5}",
            result=r"Point\{\.x = 1, \.y = 2\.5\}",
        ),
        Sample("'x' == 'x'", result="true"),
        Sample("int silent = 1;"),
        Sample("int twice(int x) { return 2 * x; }"),
    ),
    "program": (
        Sample(PROGRAM, stdout="a program of its own\n"),
        Sample("n", result="6"),
    ),
    "comments only": (Sample("// nothing\n\n/* at\nall */"), Sample("")),
    "error": (
        Sample(
            HALF,
            error="std::invalid_argument",
            traceback=r"In\[\d+\]:3, in half\(int\)(?s:.*)In\[\d+\]:6, in the cell(?s:.*)no half",
        ),
    ),
    "syntax error": (
        Sample(
            "std::cout << 1;\nint x = = 2;",
            stdout="",
            error="BuildFailed",
            traceback=r"In\[\d+\]:2:9",
        ),
        Sample("int unfinished() {", error="BuildFailed", traceback=r"In\[\d+\]:1:\d+.*error"),
        Sample("missing + 1", error="BuildFailed", traceback="missing.*not declared"),
    ),
    "warning": (Sample('std::cerr << "careful\\n";', stderr="careful\n"),),
    "stdin": (
        Sample(
            "std::string word;\nwhile (std::cin >> word) std::cout << word << word << '\\n';",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample(
            'std::cin.clear();\nstd::string name;\nstd::cout << "name? " << std::flush;\n'
            "std::getline(std::cin, name);\nname",
            stdout=r"name\? ",
            result='"Ada"',
            answers=("Ada",),
        ),
    ),
    "interrupt": (
        Sample("long counted = 1;"),
        Sample(
            'std::cout << "running" << std::endl;\nwhile (true) ++counted;',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("counted > 0", result="true"),
    ),
    "unicode": (
        Sample(
            'std::string größe = "žluťoučký 🐎 日本語";\n'
            'std::cout << größe << "\\n";\ngröße.size()',
            stdout="žluťoučký 🐎 日本語\n",
            result="28",
        ),
        Sample('throw std::string("příliš 🐎");', error="std::string", traceback="příliš 🐎"),
    ),
    "rich output": (
        Sample(PICTURE, result=".*", mime="text/html"),
        Sample(DISPLAY, mime="text/markdown"),
        Sample(XEUS, mime="text/html"),
    ),
    "exit": (
        Sample("int kept = 41;"),
        Sample("kept = 0;\nstd::exit(3);", error="ExitCode", traceback="exit code 3.*as they were"),
        Sample("kept + 1", result="42"),
    ),
    "crash": (
        Sample(
            "kept = 0;\nint *nowhere = nullptr;\n*nowhere = 1;",
            error="Signal",
            traceback=r"SIGSEGV.*at In\[\d+\]:3",
        ),
        Sample("kept", result="41"),
    ),
    "redefinition": (
        Sample("int base() { return 1; }\nint answer() { return base() + 1; }\nauto value = 1;"),
        Sample('int base() { return 41; }\nauto value = std::string("new");'),
        Sample("std::make_pair(answer(), value)", result=r'\(42, "new"\)'),
    ),
    "deep recursion": (
        Sample(
            "int depth = 1;\nint deeper(int n) { return n ? deeper(n + 1) + 1 : 0; }\ndeeper(1)",
            stderr="(?s).*",
            error="Signal",
            traceback="SIGSEGV",
        ),
        Sample("1 + 1", result="2"),
    ),
}
