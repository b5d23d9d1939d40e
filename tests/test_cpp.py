"""C++ cells: a tour of the language, and cells that do their worst."""

from __future__ import annotations

import re

import pytest
from client import Exchange, fails, plain
from conftest import Start

# Cells in order, of one session: what each gives as its result, or prints where that begins
# with >; None: nothing at all; an error's name where that begins with !.
TOUR = (
    ("int x = 41;", None),
    ("x + 1", "42"),
    ("x = 5;\nfor (int i = 0; i < 3; i++) std::cout << i << ' ';", ">0 1 2 "),
    ("#include <cmath>\nconst double root = std::sqrt(2);\nroot", "1.4142135623730951"),
    ("root = 3;", "!BuildFailed"),
    ("const int three = 3;\nconstexpr int four = three + 1;\n"
     "int list[three * four] = {1, 2};", None),
    ("list", "{1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}"),
    ("static int hidden = 4;\nstatic int next() { return ++hidden; }\nnext()", "5"),
    ("next() + hidden", "12"),
    ("0.1f", "0.1"),
    ("'x'", "'x'"),
    ("true && x == 5", "true"),
    ("nullptr", "nullptr"),
    ("(unsigned char)65", "65"),
    # Values of the standard library.
    ('std::string text = "tab\\t\\"quoted\\"";\ntext', r'"tab\t\"quoted\""'),
    ('L"žlutý 🐎"', '"žlutý 🐎"'),
    ("auto numbers = std::vector{3, 1, 2};\nstd::sort(numbers.begin(), numbers.end());\nnumbers",
     "{1, 2, 3}"),
    ('auto ages = std::map<std::string, int>{{"a", 1}};\nages["b"] = 2;\nages',
     '{"a": 1, "b": 2}'),
    ("std::vector<bool>{true, false}", "{true, false}"),
    ("int grid[2][2] = {{1, 2}, {3, 4}};\ngrid", "{{1, 2}, {3, 4}}"),
    ("#include <optional>\n#include <variant>\n#include <tuple>\n#include <memory>\n"
     "#include <functional>\n#include <thread>\n#include <chrono>", None),
    ('std::make_tuple(1, "x", 2.5)', '(1, "x", 2.5)'),
    ("std::optional<int>(), std::make_optional(3)", "3"),
    ("std::optional<int> none;\nnone", "nullopt"),
    ('std::variant<int, std::string> either = "text";\neither', '"text"'),
    ("auto owner = std::make_unique<int>(7);\nowner", "-> 7"),
    ("auto moved = std::move(owner);\n*moved", "7"),
    ("owner", "nullptr"),
    ("using namespace std::chrono_literals;\n1500ms", "1500ms"),
    ("std::cout << std::boolalpha << true", ">true"),
    # Classes.
    ("struct Point { int x; double y; double sum() const { return x + y; } };\n"
     "Point p{1, 2.5};\np.sum()", "3.5"),
    ("p", "Point{.x = 1, .y = 2.5}"),
    ("std::ostream &operator<<(std::ostream &out, const Point &p)\n"
     "{ return out << '(' << p.x << '|' << p.y << ')'; }\np", "(1|2.5)"),
    ("std::vector<Point>{p, {3, 4}}", "{(1|2.5), (3|4)}"),
    ("struct Shape { virtual ~Shape() = default; virtual double area() const = 0; };\n"
     "class Square : public Shape {\n    double side_;\npublic:\n"
     "    explicit Square(double side) : side_(side) {}\n"
     "    double area() const override { return side_ * side_; }\n};\n"
     "std::vector<std::unique_ptr<Shape>> shapes;\n"
     "shapes.push_back(std::make_unique<Square>(3));", None),
    ("shapes[0]->area()", "9"),
    ("dynamic_cast<Square *>(shapes[0].get()) != nullptr", "true"),
    ("struct Counter { static int made; Counter() { ++made; } int get() const; };\n"
     "int Counter::made = 0;\nint Counter::get() const { return made; }", None),
    ("Counter one, two;\ntwo.get()", "2"),
    ("Point operator+(const Point &a, const Point &b) { return {a.x + b.x, a.y + b.y}; }\np + p",
     "(2|5)"),
    ("enum class Level { low, high };\nLevel level = Level::high;\nlevel", "(Level) 1"),
    ("enum Old { RED, GREEN };\nGREEN", "(Old) 1"),
    ("union Number { int i; float f; } number;\nnumber.f = 1;\nnumber.i", "1065353216"),
    ("struct { int inner = 4; } unnamed;\nunnamed.inner", "4"),
    ("unnamed", "{.inner = 4}"),
    # Templates.
    ("template <class T> T square(T value) { return value * value; }\nsquare(1.5)", "2.25"),
    ("template <class T> struct Box { T held; };\ntemplate <class T> Box(T) -> Box<T>;\n"
     "Box box{2};\nbox", "Box<int>{.held = 2}"),
    ("template <> struct Box<bool> { int special = 9; };\nBox<bool>{}.special", "9"),
    ("Box<bool>{}.special + square(3)", "18"),
    ("template <class T> concept Numeric = std::is_arithmetic_v<T>;\n"
     "template <Numeric T> T half(T value) { return value / 2; }\nhalf(5.0)", "2.5"),
    ('half("x")', "!BuildFailed"),
    ("template <class... T> auto total(T... each) { return (each + ...); }\ntotal(1, 2, 3)", "6"),
    ("template <class T> constexpr T pi = T(3.25);\npi<int> + pi<double>", "6.25"),
    # What has no name, or refers.
    ("auto add = [n = 5](int a) { return a + n; };\nadd(1)", "6"),
    ("add(2)", "7"),
    ("auto twice = [](auto a) { return a + a; };\ntwice(std::string(\"ab\"))", '"abab"'),
    ("twice(4)", "8"),
    ("auto changes = [&](int by) { x += by; return x; };\nchanges(1)", "6"),
    ("changes(1)", "7"),
    ("auto adder(int n) { return [n](int a) { return a + n; }; }\nauto add5 = adder(5);", None),
    ("add5(1)", "6"),
    ("std::function<int(int)> fib = [](int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); };\n"
     "fib(15)", "610"),
    ("auto [first, second] = std::make_pair(1, std::string(\"two\"));\nsecond", '"two"'),
    ('first += 1;\nsecond += "!";', None),
    ("std::make_pair(first, second)", '(2, "two!")'),
    ("auto &reference = numbers;\nreference.push_back(9);", None),
    ("numbers", "{1, 2, 3, 9}"),
    ("int (*pointer)(int) = nullptr;\npointer", "nullptr"),
    ("typedef int (*operation)(int);\nint negate(int n) { return -n; }\noperation op = negate;\n"
     "op(3)", "-3"),
    ("thread_local int own = 6;\n++own", "7"),
    ("own", "7"),
    # Namespaces.
    ("namespace outer { int value = 5; int get() { return value; } struct In { int k = 3; }; }\n"
     "outer::get()", "5"),
    ("namespace outer { std::vector<int> more{1, 2}; }\nouter::more", "{1, 2}"),
    ("outer::value = 6;\nouter::In in;\nouter::get() + in.k", "9"),
    ("namespace a::b { constexpr int deep = 2; }\nnamespace { int nobodys = 6; }", None),
    ("a::b::deep + nobodys", "8"),
    ("using namespace outer;\nmore.size()", "2"),
    ("namespace fs = std;\nfs::string(\"s\")", '"s"'),
    # Values that are ranges of their own kind, and coroutines.
    ("struct Json { int n; operator bool() const { return n; }\n"
     "  const Json *begin() const { return this; } const Json *end() const { return this + 1; }\n"
     "  friend std::ostream &operator<<(std::ostream &o, const Json &j) { return o << j.n; }\n"
     "};\nstd::vector<Json>{{1}, {2}}", "{1, 2}"),
    ("#include <coroutine>\nstruct Numbers {\n"
     "  struct promise_type {\n    int value;\n"
     "    Numbers get_return_object() { return {handle::from_promise(*this)}; }\n"
     "    std::suspend_always initial_suspend() { return {}; }\n"
     "    std::suspend_always final_suspend() noexcept { return {}; }\n"
     "    std::suspend_always yield_value(int n) { value = n; return {}; }\n"
     "    void return_void() {}\n    void unhandled_exception() {}\n  };\n"
     "  using handle = std::coroutine_handle<promise_type>;\n  handle each;\n"
     "  int next() { each.resume(); return each.promise().value; }\n};", None),
    ("Numbers up(int n) { while (true) co_yield n++; }\nNumbers numbers_up = up(5);\n"
     "numbers_up.next()", "5"),
    ("numbers_up.next() * 10 + up(2).next()", "62"),
    # What is redefined.
    ("struct Kind { int old = 1; };\nKind k;\nstruct Holder { Kind kind; } holder;\n"
     "int take(const Kind &kind) { return sizeof kind; }\n"
     "template <class T> int take_any(const T &kind) { return take(kind); }", None),
    ("struct Kind { int fresh[4]; };\nKind fresh;", None),
    ("k.old + holder.kind.old", "2"),
    ("take(fresh) * 100 + take(k)", "1604"),
    ("take_any(fresh)", "16"),
    ("int base() { return 1; }\nint caller() { return base() + 1; }\n"
     "auto caller2() { return base() * 2; }", None),
    ("int base() { return 10; }", None),
    ("caller() + caller2()", "31"),
    ("double x = 2.5;\nx", "2.5"),
    ("int f(int) { return 1; }\nint f(double) { return 2; }\nf(1) * 10 + f(1.0)", "12"),
    ("int f(int) { return 3; }", None),
    ("f(1) * 10 + f(1.0)", "32"),
    ("std::string GREEN = \"green\";\nGREEN", '"green"'),
    ("RED", "(Old) 0"),
    # What is promised first.
    ("struct Node;\nint depth(const Node *);\nstruct Node { const Node *next = nullptr; };\n"
     "int depth(const Node *node) { return node ? 1 + depth(node->next) : 0; }", None),
    ("Node leaf, tree{&leaf};\ndepth(&tree)", "2"),
    ("int later(int);\nint calls(int n) { return later(n) + 1; }", None),
    ("int later(int n) { return n * 2; }\ncalls(4)", "9"),
    # Errors.
    ('throw std::runtime_error("no");', "!std::runtime_error"),
    ("struct Own : std::exception { const char *what() const noexcept { return \"own\"; } };\n"
     "throw Own();", "!Own"),
    ("int before = 1;\nthrow 5;\nint after = 2;", "!int"),
    ("before", "1"),
    ("after", "!BuildFailed"),
    ("int bad = std::stoi(\"abc\");", "!std::invalid_argument"),
    ("bad", "!BuildFailed"),
    ("try { numbers.at(99); } catch (const std::out_of_range &) { std::cout << \"caught\"; }",
     ">caught"),
    # The awkward ones.
    ("int n = 3;\nint many[n];\nmany[2] = 7;", None),
    ("many[2]", "7"),
    ("int y = 4;\nn * y", "12"),
    ("#pragma omp parallel for\nfor (int i = 0; i < 3; i++) list[i] = i;\nlist[2]", "2"),
    ("std::thread worker([] { std::cout << \"in a thread\\n\"; });\nworker.join();",
     ">in a thread\n"),
    ("#define DECLARE(type, name) type name = 5\nDECLARE(int, declared);", None),
    ("declared", "5"),
    ("#define GETTER(name) int get_##name() { return 8; }\nGETTER(eight)", None),
    ("get_eight()", "8"),
    ("#define SIZE 3\nstruct Sized { int a[SIZE]; };\nsizeof(Sized) / sizeof(int)", "3"),
    ("#define SIZE 10\nsizeof(Sized) / sizeof(int) + SIZE", "13"),
    ("#define BEGIN {\n#define END }\nn++;", None),
    ("n", "4"),
    ("extern \"C\" int getpid();\ngetpid() > 1", "true"),
    ("char letters[] = \"abc\";\nletters[0] = 'A';\nletters", '"Abc"'),
    ("numbers\n    .size()", "4"),
    ("x // a comment", "2.5"),
    ("if (n > 2) { std::cout << \"big\"; }", ">big"),
    ("auto one_a = 1, one_b = 2;\none_a + one_b", "3"),
    ("%%file shapes.hpp\n#pragma once\ninline int corners() { return 3; }", None),
    ('#include "shapes.hpp"\ncorners()', "3"),
    ("corners() + 1", "4"),
    ("#include <iostream>\nint main() { std::cout << \"a program\\n\"; }", ">a program\n"),
    ("%flags -DLEVEL=3\nLEVEL", "3"),
)  # fmt: skip


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_a_tour_of_cpp(start: Start, compiler: str) -> None:
    client = start("cpp", f"--executable={compiler}").client
    for code, expected in TOUR:
        check(client.cell(code), expected)


def test_what_cannot_be_split_is_compiled_whole(start: Start) -> None:
    client = start("cpp").client
    client.cell("#define BEGIN {\n#define END }\n#define FOREVER for (;;)\nint n = 0;")
    cell = client.cell("FOREVER BEGIN if (++n == 5) break; END")
    assert cell.status == "ok" and cell.stdout == "" and "is not kept" in cell.stderr
    assert "error" not in cell.stderr and client.cell("n").text == "5"
    assert client.cell("int whole(int a) BEGIN return a * 2; END").status == "ok"
    assert client.cell("whole(21)").text == "42"


def check(cell: Exchange, expected: str | None) -> None:
    """Compare a cell with its line in the table."""
    expected = expected or ""
    if expected.startswith("!"):
        assert cell.error.get("ename") == expected[1:], cell
        return
    assert cell.status == "ok", cell
    assert cell.stdout == (expected[1:] if expected.startswith(">") else ""), cell
    assert (cell.text or "") == ("" if expected.startswith(">") else expected), cell


def test_messages_name_the_cell_and_hide_what_is_ours(start: Start) -> None:
    client = start("cpp").client
    text = fails(client, 'int fine = 1;\nint more = 2; int bad = "s";')
    assert "In[1]:2:25" in text and 'int more = 2; int bad = "s";' in text
    client.cell("struct P { int a; };\nint take(P p) { return p.a; }")
    for code in ("take(1)", "P{1}.b", "std::vecto<P> v;", "int f( {", "}", "while (true) {",
                 '"open', "#include <missing.h>", "using namespace nowhere;"):  # fmt: skip
        text = fails(client, code)
        assert "In[" in text and not re.search(r"kernel_runner|\bkr\d", text), text
    warned = client.cell("int unused() { int never; return 1; }")
    assert re.search(r"In\[\d+\]:1:20: warning", plain(warned.stderr))
    assert client.cell("unused()").stderr == ""
    client.cell("void missing();")
    assert "missing() is declared, but nothing defines it" in fails(client, "missing")


WORST = (
    ("for (int fd = 0; fd < 2000; fd++) close(fd);", None),
    ('if (fork() == 0) std::cout << "child";', None),
    ('chdir("/");', None),
    ("while (true) ++spin;", "Interrupted"),
    ("pause();", "Interrupted"),
    ("std::exit(4);", "ExitCode"),
    ("_exit(5);", "ExitCode"),
    ("std::abort();", "Signal"),
    ("kill(getpid(), SIGKILL);", "Signal"),
    ("*nowhere = 1;", "Signal"),
    ("int deeper(int n) { return n ? deeper(n + 1) + 1 : 0; }\ndeeper(1)", "Signal"),
    ("void strict() noexcept { throw 1; }\nstrict();", "int"),
    ('std::thread([] { throw std::runtime_error("elsewhere"); }).join();', "std::runtime_error"),
    ('execl("/bin/true", "true", (char *)nullptr);', None),
    ("std::thread([] { for (;;) pause(); }).detach();", None),
    ('extern "C" void kernel_runner_display() {}', "BuildFailed"),
    ("int evaluate_cells = 1;\nint shared = 2;", None),
    ("std::vector<long> large(1ull << 62);", "std::length_error"),
    ("char *huge = new char[1ull << 62];", "std::bad_alloc"),
    ('std::cout << "\0";', None),
)


def test_cells_that_do_their_worst_leave_the_state(start: Start) -> None:
    client = start("cpp").client
    client.cell(
        "#include <csignal>\n#include <thread>\n#include <unistd.h>\n"
        "volatile long spin = 1;\nint state = 1;\nint *nowhere = nullptr;"
    )
    for number, (code, error) in enumerate(WORST):
        running = client.execute(code)
        if error == "Interrupted":
            client.interrupt()
        cell = client.finish(running)
        assert cell.error.get("ename") == error, cell
        assert client.cell("state += 1;\nstate - 1").text == str(number + 1), code
        printed = client.cell("std::cout << state;")
        assert printed.stdout == f"{number + 2}", (code, printed)


def test_a_large_cell(start: Start) -> None:
    client = start("cpp").client
    text = "x" * (1 << 20)
    assert client.cell(f'std::string large = "{text}";\nlarge.size()').text == str(1 << 20)
    assert client.cell("large.size() + 1").text == str((1 << 20) + 1)


def test_rich_values_and_displays(start: Start) -> None:
    client = start("cpp").client
    client.cell(
        "struct Picture { int width; };\nusing Bundle = std::map<std::string, std::string>;\n"
        "Bundle mime_bundle_repr(const Picture &picture) {\n"
        '    return {{"text/html", "<b>" + std::to_string(picture.width) + "</b>"},\n'
        '            {"image/png", "iVBORw0KGgo="}};\n}'
    )
    shown = client.cell("Picture{4}").result
    assert shown["text/html"] == "<b>4</b>" and shown["image/png"].strip() == "iVBORw0KGgo="
    assert shown["text/plain"] == "Picture{.width = 4}"
    cell = client.cell(
        '#include "xcpp/xdisplay.hpp"\nauto id = xcpp::make_guid();\n'
        "xcpp::display(Picture{5}, id);\nxcpp::display(Picture{6}, id, true);\n"
        "xcpp::clear_output(true);"
    )
    assert [data["text/html"] for data in cell.displays] == ["<b>5</b>"]
    assert [data["text/html"] for data in updates(cell)] == ["<b>6</b>"]
    assert cell.contents("clear_output") == [{"wait": True}]
    cell = client.cell(
        'kernel_runner::display({{"text/markdown", "*x*"}, {"text/plain", "x"}}, "it");\n'
        'kernel_runner::update("it", 5);'
    )
    assert cell.displays[0]["text/markdown"] == "*x*" and updates(cell) == [{"text/plain": "5"}]


def updates(cell: Exchange) -> list[dict[str, str]]:
    """The data of each update_display_data."""
    return [content["data"] for content in cell.contents("update_display_data")]


def test_a_question_is_answered_with_the_reference(start: Start) -> None:
    client = start("cpp").client
    for question in ("?std::vector", "std::vector?", "? std::vector"):
        page = client.cell(question).content["payload"][0]
        assert page["source"] == "page"
        assert "cppreference.com/w/cpp/container/vector" in page["data"]["text/plain"]
        assert "<a href=" in page["data"]["text/html"]
    found = client.ask(
        "inspect_request", {"code": "std::sort(", "cursor_pos": 7, "detail_level": 0}
    )
    assert "algorithm/sort" in found.content["data"]["text/plain"]


def test_inspection_tells_how_a_name_was_defined(start: Start) -> None:
    client = start("cpp").client
    cell = client.cell(
        "auto list = std::vector<int>{1};\nint twice(int a) { return 2 * a; }\n"
        "int twice(double a);\nstruct Point { int x; };\n#define HALF(a) ((a) / 2)"
    )
    assert cell.status == "ok", cell
    place = f"(in In[{cell.content['execution_count']}])"
    for name, lines in (
        ("list", ["std::vector<int> list", place]),
        ("twice", ["int twice(int a) { return 2 * a; }", place, "", "int twice(double a);", place]),
        ("Point", ["struct Point { int x; };", place]),
        ("HALF", ["#define HALF(a) ((a) / 2)", place]),
    ):
        found = client.ask("inspect_request", {"code": f"{name} + 1", "cursor_pos": 2}).content
        assert found["data"]["text/plain"].splitlines() == lines


def test_messages_do_not_tell_how_our_own_header_was_included(start: Start) -> None:
    cell = start("cpp").client.cell("std::string word = 5 + std::vector<int>{};")
    told = plain("\n".join(cell.error["traceback"]))
    assert "no match for" in told
    assert "candidate" in told  # which the standard library's headers have
    assert not re.search(r"(?m)^\s+from |kernel_runner/cell", told)


def test_variables_can_be_listed(start: Start) -> None:
    client = start("cpp").client
    assert client.cell("%vars").stdout == ""
    client.cell('int x = 1;\nauto word = std::string("w");\nauto [a, b] = std::make_pair(2, 3.5);')
    client.cell("namespace ns { struct P { int a; } p{2}; }")
    lines = [line.split(maxsplit=2) for line in client.cell("%vars").stdout.splitlines()]
    assert lines == [
        ["x", "int", "1"],
        ["word", "std::string", '"w"'],
        ["a", "int", "2"],
        ["b", "double", "3.5"],
        ["ns::p", "ns::P", "ns::P{.a = 2}"],
    ]
    values = client.cell("", user_expressions={"it": "x", "bad": "nope"}).content
    assert values["user_expressions"]["it"]["data"]["text/plain"] == "1"
    assert values["user_expressions"]["bad"]["status"] == "error"
    client.cell("%reset")
    assert client.cell("x").status == "error"


def test_a_restart_needs_no_compiler(start: Start) -> None:
    cells = ("#include <numeric>\nint x = 20;", "auto twice(int n) { return 2 * n; }",
             "twice(x) + std::gcd(4, 6)")  # fmt: skip
    kernel = start("cpp")
    for _ in range(2):
        results = [kernel.client.cell(code) for code in cells]
        assert results[-1].text == "42"
        kernel.restart()
    hits = [kernel.client.cell(code).receipt["cache_hit"] for code in cells]
    assert hits == [True, True, True]


def test_a_project_of_several_sources(start: Start) -> None:
    kernel = start("cpp")
    (kernel.folder / "main.cpp").write_text(
        '#include "part.hpp"\n#include <iostream>\nint main() { std::cout << part() << "\\n"; }\n'
    )
    (kernel.folder / "part.hpp").write_text("#pragma once\nint part();\n")
    (kernel.folder / "part.cpp").write_text('#include "part.hpp"\nint part() { return 42; }\n')
    assert kernel.client.batch(build="*", exec="*").stdout.endswith("42\n")
    (kernel.folder / "Makefile").write_text("all:\n\tg++ -DX main.cpp part.cpp -o main\n")
    cell = kernel.client.batch(clean="", build="*", exec="*")
    assert "-DX" in cell.output and cell.stdout.endswith("42\n")
