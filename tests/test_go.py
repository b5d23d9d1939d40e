"""Go: a tour of the language, cell by cell, and what is the kernel's own doing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from client import Client, Kernel
from conftest import Start

# What each cell is, its code, and what it shows: its stdout, or its result after "=> ".
TOUR = (
    ("generic function", "func Map[T, U any](all []T, f func(T) U) (out []U) {\n"
     "\tfor _, each := range all {\n\t\tout = append(out, f(each))\n\t}\n\treturn out\n}", ""),
    ("its use", "Map([]int{1, 2, 3}, func(n int) string { return strconv.Itoa(n * n) })",
     "=> [1 4 9]"),
    ("constraint", "type Number interface{ ~int | ~float64 }\n"
     "func Sum[T Number](all ...T) (sum T) {\n\tfor _, n := range all {\n\t\tsum += n\n\t}\n"
     "\treturn\n}\nSum(1.5, 2.5)", "=> 4"),
    ("generic type", "type Stack[T any] struct{ items []T }\n"
     "func (s *Stack[T]) Push(item T) { s.items = append(s.items, item) }", ""),
    ("method of a generic type in a later cell", "func (s *Stack[T]) Pop() (item T, ok bool) {\n"
     "\tif len(s.items) == 0 {\n\t\treturn\n\t}\n\titem = s.items[len(s.items)-1]\n"
     "\ts.items = s.items[:len(s.items)-1]\n\treturn item, true\n}", ""),
    ("both methods", "var s Stack[string]\ns.Push(\"a\")\ns.Pop()", "=> \"a\" true"),
    ("closure", "func counter() func() int {\n\tn := 0\n\treturn func() int { n++; return n }\n}\n"
     "next := counter()\nnext()\nnext()", "=> 2"),
    ("goroutines", "var wait sync.WaitGroup\nvar total int64\nfor n := 1; n <= 100; n++ {\n"
     "\twait.Add(1)\n\tgo func(n int64) {\n\t\tdefer wait.Done()\n"
     "\t\tatomic.AddInt64(&total, n)\n\t}(int64(n))\n}\nwait.Wait()\nfmt.Println(total)", "5050\n"),
    ("channels", "numbers := make(chan int)\ngo func() {\n\tdefer close(numbers)\n"
     "\tfor n := 0; n < 3; n++ {\n\t\tnumbers <- n\n\t}\n}()\n"
     "for n := range numbers {\n\tfmt.Print(n, \" \")\n}", "0 1 2 "),
    ("select", "ready := make(chan string, 1)\nready <- \"ready\"\nselect {\n"
     "case text := <-ready:\n\tfmt.Println(text)\ncase <-time.After(time.Minute):\n"
     "\tfmt.Println(\"late\")\n}", "ready\n"),
    ("context", "ctx, cancel := context.WithCancel(context.Background())\ncancel()\n"
     "<-ctx.Done()\nctx.Err()", "=> context canceled"),
    ("interface", "type Shape interface{ Area() float64 }\ntype Square struct{ Side float64 }\n"
     "func (s Square) Area() float64 { return s.Side * s.Side }", ""),
    ("value of an interface", "var shape Shape = Square{3}\nshape.Area()", "=> 9"),
    ("embedded struct", "type Named struct{ Name string }\n"
     "func (n Named) Hello() string { return \"hello, \" + n.Name }\n"
     "type Person struct {\n\tNamed\n\tAge int\n}\nPerson{Named{\"Ada\"}, 36}.Hello()",
     '=> "hello, Ada"'),
    ("a struct's value", "Person{Named{\"Ada\"}, 36}", "=> {Named:{Name:Ada} Age:36}"),
    ("type switch", "func kind(value any) string {\n\tswitch value := value.(type) {\n"
     "\tcase int, int64:\n\t\treturn \"integer\"\n\tcase string:\n\t\treturn \"a \" + value\n"
     "\tcase fmt.Stringer:\n\t\treturn value.String()\n\tdefault:\n\t\treturn \"other\"\n\t}\n}\n"
     "fmt.Println(kind(1), kind(\"a\"), kind(time.Second), kind(nil))", "integer a a 1s other\n"),
    ("error type", "type NotFound struct{ Key string }\n"
     "func (e *NotFound) Error() string { return \"no \" + e.Key }\n"
     "func find(key string) error { return fmt.Errorf(\"find: %w\", &NotFound{key}) }", ""),
    ("errors.As", "var missing *NotFound\nif errors.As(find(\"x\"), &missing) {\n"
     "\tfmt.Println(missing.Key)\n}\nfind(\"y\")", "x\n=> find: no y"),
    ("defer and recover", "func safely(f func()) (err error) {\n\tdefer func() {\n"
     "\t\tif problem := recover(); problem != nil {\n\t\t\terr = fmt.Errorf(\"saved: %v\", problem)"
     "\n\t\t}\n\t}()\n\tf()\n\treturn nil\n}\nsafely(func() { panic(\"no\") })", "=> saved: no"),
    ("order of defer", "for n := 0; n < 3; n++ {\n\tdefer fmt.Print(n)\n}", "210"),
    ("maps", "ages := map[string]int{\"a\": 1, \"b\": 2}\ndelete(ages, \"a\")\n"
     "_, found := ages[\"a\"]\nfmt.Println(found)\nages", "false\n=> map[b:2]"),
    ("iota", "type Day int\nconst (\n\tMonday Day = iota + 1\n\tTuesday\n\t_\n\tThursday\n)\n"
     "func (d Day) String() string { return \"day \" + strconv.Itoa(int(d)) }\nThursday",
     "=> day 4"),
    ("iota in a later cell", "fmt.Println(Monday, Tuesday)", "day 1 day 2\n"),
    ("one of several names anew", "const Tuesday = \"anew\"\n"
     "fmt.Println(Monday, Tuesday, Thursday)",
     "day 1 anew day 4\n"),
    ("labels", "outer:\nfor i := 0; i < 3; i++ {\n\tfor j := 0; j < 3; j++ {\n"
     "\t\tif j == 2 {\n\t\t\tcontinue outer\n\t\t}\n\t\tif i == 2 {\n\t\t\tbreak outer\n\t\t}\n"
     "\t\tfmt.Print(i, j, \" \")\n\t}\n}", "0 0 0 1 1 0 1 1 "),
    ("goto", "n := 0\nagain:\nn++\nif n < 5 {\n\tgoto again\n}\nn", "=> 5"),
    ("struct tags and JSON", "type Item struct {\n\tName string `json:\"name\"`\n"
     "\tCount int `json:\"count,omitempty\"`\n}\nencoded, _ := json.Marshal(Item{Name: \"a\"})\n"
     "fmt.Println(string(encoded))\nvar item Item\n"
     "json.Unmarshal([]byte(`{\"name\": \"b\", \"count\": 2}`), &item)\nitem",
     '{"name":"a"}\n=> {Name:b Count:2}'),
    ("multiple assignment", "a, b := 1, 2\na, b = b, a\nfmt.Println(a, b)", "2 1\n"),
    ("several values", "func divide(a, b int) (int, int) { return a / b, a % b }\ndivide(17, 5)",
     "=> 3 2"),
    ("group of variables", "var (\n\twidth, height = 3, 4\n\tname string = \"box\"\n)\n"
     "fmt.Println(name, width*height)", "box 12\n"),
    ("one of them anew", "var height = 10\nfmt.Println(name, width*height)", "box 30\n"),
    ("slices", "array := [5]int{1, 2, 3, 4, 5}\npart := array[1:3:4]\npart = append(part, 9)\n"
     "fmt.Println(part, len(part), cap(part), array)", "[2 3 9] 3 3 [1 2 3 9 5]\n"),
    ("strings, bytes and runes", "for index, letter := range \"aé🐎\" {\n"
     "\tfmt.Print(index, string(letter), \" \")\n}\nlen([]rune(\"aé🐎\"))", "0a 1é 3🐎 => 3"),
    ("raw string over lines", "text := `one\n%% two\n!three`\nfmt.Println(text)",
     "one\n%% two\n!three\n"),
    ("function types and variadics", "type Op func(...int) int\n"
     "var add Op = func(all ...int) int { return Sum(all...) }\nadd([]int{1, 2, 3}...)", "=> 6"),
    ("pointers", "value := 1\npointer := &value\n*pointer += 41\nvalue", "=> 42"),
    ("sort with a method value", "words := strings.Fields(\"c a b\")\nsort.Strings(words)\n"
     "join := strings.NewReplacer(\"a\", \"A\").Replace\njoin(strings.Join(words, \"-\"))",
     '=> "A-b-c"'),
    ("init", "var ready2 = false\nfunc init() { ready2 = true }", ""),
    ("init has run", "ready2", "=> true"),
    ("text/template", "page := template.New(\"\")\n"
     "template.Must(page.Parse(\"{{range .}}<{{.}}>{{end}}\"))\n"
     "page.Execute(os.Stdout, []int{1, 2})", "<1><2>=> <nil>"),
    ("dot import", "import . \"math\"\nSqrt(2) > 1.4 && Pi > 3", "=> true"),
    ("its own main", "func main() { fmt.Println(\"mine\", Sum(1, 2)) }", "mine 3\n"),
)  # fmt: skip


@pytest.fixture
def go(shared: Callable[[str], Kernel]) -> Client:
    """The client of the module's Go kernel."""
    return shared("go").client


@pytest.fixture
def fresh(go: Client) -> Client:
    """The same, with nothing declared."""
    assert go.cell("%reset").status == "ok"
    return go


def test_a_tour_of_the_language(fresh: Client) -> None:
    for what, code, expected in TOUR:
        cell = fresh.cell(code)
        assert cell.status == "ok", (what, cell)
        shown = cell.stdout + (f"=> {cell.text}" if cell.text is not None else "")
        assert shown == expected, (what, cell)
        assert cell.stderr == "", (what, cell)


# -- declarations ----------------------------------------------------------------------------------


def test_a_failed_cell_declares_nothing(fresh: Client) -> None:
    assert fresh.cell("func f() int { return 1 }").status == "ok"
    assert fresh.cell("func f() int { return 2 }\nmissing()").error["ename"] == "BuildFailed"
    assert fresh.cell("f()").text == "1"


def test_what_has_become_wrong_is_an_error_only_where_it_is_used(fresh: Client) -> None:
    fresh.cell("func half(n int) int { return n / 2 }")
    fresh.cell("func quarter(n int) int {\n\treturn half(half(n))\n}")
    assert fresh.cell('func half(s string) string { return s[:1] }\nhalf("ab")').text == '"a"'
    failed = fresh.cell("quarter(8)")
    assert failed.error["ename"] == "BuildFailed"
    quarters = failed.content["execution_count"] - 2
    assert f"In[{quarters}]:2:" in "\n".join(failed.error["traceback"])


def test_a_type_anew_gives_up_methods_that_do_not_fit(fresh: Client) -> None:
    fresh.cell("type P struct{ X int }\nfunc (p P) Get() int { return p.X }")
    assert fresh.cell("type P struct{ Y int }\nP{1}").text == "{Y:1}"
    fresh.cell("func (p P) Get() int { return p.Y + 1 }")
    assert fresh.cell("P{1}.Get()").text == "2"


def test_values_are_initialised_anew(fresh: Client) -> None:
    fresh.cell("var n = 1")
    assert fresh.cell("n++\nn").text == "2"
    assert fresh.cell("n").text == "1"
    info = fresh.ask("kernel_info_request")
    assert "values of variables are not" in info.content["banner"]


def test_what_is_computed_keeps_its_place_among_the_statements(fresh: Client) -> None:
    cell = fresh.cell('fmt.Println("first")\nvar n, _ = fmt.Println("second")\nn')
    assert (cell.stdout, cell.text) == ("first\nsecond\n", "7")


def test_unused_imports_do_no_harm(fresh: Client) -> None:
    assert fresh.cell('import (\n\t"fmt"\n\tm "math"\n\t"os"\n)\nm.Floor(1.5)').text == "1"
    assert fresh.cell("sort := 1\nsort + 1").text == "2"
    assert fresh.cell('import "net/url"\ntype t struct{ x int }\nurl := t{1}\nurl.x').text == "1"


def test_an_explicit_import_wins(fresh: Client) -> None:
    assert fresh.cell('import "crypto/rand"').status == "ok"
    assert fresh.cell('fmt.Printf("%T", rand.Reader)').status == "ok"
    assert fresh.cell("rand.Intn(3)").error["ename"] == "BuildFailed"
    assert fresh.cell("%rm rand\nrand.Intn(1)").text == "0"


def test_a_missing_package_is_told_at_its_place(fresh: Client) -> None:
    cell = fresh.cell('import "no/such/package"\npackage_.X()\n')
    assert cell.error["ename"] == "BuildFailed"
    assert re.search(r"In\[\d+\]:1:8: package no/such/package", cell.error["evalue"]), cell


def test_hundreds_of_declarations_are_no_burden(fresh: Client) -> None:
    for count in range(30):
        assert fresh.cell(f"func f{count}() int {{ return {count} }}").status == "ok"
    assert fresh.cell("f7() + f29()").text == "36"


# -- commands --------------------------------------------------------------------------------------


def test_main_after_two_percent_signs(fresh: Client) -> None:
    code = 'var who = flag.String("who", "nobody", "")\nfunc hello() { fmt.Println(*who) }\n'
    assert fresh.cell(f"{code}%% --who=you\nhello()").stdout == "you\n"
    assert fresh.cell("%%\nx := 1\nvar y = x\nfmt.Println(y, *who)").stdout == "1 you\n"
    assert fresh.cell("%args --who=me\n%main\nhello()").stdout == "me\n"
    failed = fresh.cell("%%\n\nmissing")
    assert re.search(r"In\[\d+\]:3:1: ", failed.error["evalue"]), failed


def test_declarations_are_listed_and_removed(fresh: Client) -> None:
    cell = fresh.cell('import "os"\ntype T int\nfunc (T) M() {}\nvar a, b = 1, 2')
    place = f"In[{cell.content['execution_count']}]"
    listed = fresh.cell("%list").stdout
    assert listed == "import os\n" + "".join(
        f"{each}  {place}\n" for each in ("type T", "method T.M", "var a", "var b")
    )
    assert fresh.cell("%rm T a").status == "ok"
    assert fresh.cell("%ls").stdout == f"import os\nvar b  {place}\n"
    assert fresh.cell("%rm T").status == "error"
    assert fresh.cell("b").text == "2"


def test_tests_and_benchmarks(fresh: Client) -> None:
    fresh.cell("func double(n int) int { return 2 * n }")
    test = 'func TestDouble(t *testing.T) {\n\tif double(2) != %d {\n\t\tt.Fatal("no")\n\t}\n}'
    good = fresh.cell("%test\n" + test % 4)
    assert good.status == "ok", good
    assert "--- PASS: TestDouble" in good.stdout
    bad = fresh.cell(test % 5 + "\n%test")
    assert bad.error["ename"] == "ExitCode"
    assert f"In[{bad.content['execution_count']}]:3: no" in bad.stdout, bad
    bench = (
        "func BenchmarkDouble(b *testing.B) {\n\tfor n := 0; n < b.N; n++ {\n\t\tdouble(n)\n\t}\n}"
    )
    shown = fresh.cell("%test -test.bench=. -test.benchtime=10x\n" + bench)
    assert "BenchmarkDouble" in shown.stdout, shown
    assert fresh.cell("double(4)").text == "8"


def test_shell_commands(go: Client) -> None:
    assert go.cell("!echo here").stdout == "here\n"
    assert go.cell("!*grep ^module go.mod").stdout == "module cell\n"
    assert go.cell('%env GREETING hello\nos.Getenv("GREETING")').text == '"hello"'


def test_switches_of_go_build(fresh: Client) -> None:
    try:
        assert fresh.cell("%goflags -race=false -gcflags=-l\n6 * 7").text == "42"
        assert fresh.cell("missing").error["ename"] == "BuildFailed"
        assert fresh.cell("%goflags").stdout == "-race=false -gcflags=-l\n"
    finally:
        fresh.cell('%goflags ""')
    assert fresh.cell("%goflags").stdout == "\n"


def test_a_module_in_a_folder(fresh: Client, tmp_path: Path) -> None:
    write(tmp_path / "go.mod", "module example.com/near\n\ngo 1.18\n")
    write(tmp_path / "near.go", "package near\n\nconst Answer = 41\n")
    edit = f"go mod edit -require=example.com/near@v0.0.0 -replace=example.com/near={tmp_path}"
    drop = "go mod edit -droprequire=example.com/near -dropreplace=example.com/near"
    assert fresh.cell(f"!*{edit}").status == "ok"
    try:
        assert fresh.cell('import "example.com/near"\nnear.Answer').text == "41"
        write(tmp_path / "near.go", "package near\n\nconst Answer = 42\n")
        assert fresh.cell("near.Answer").text == "42"
    finally:
        assert fresh.cell(f"!*{drop}").status == "ok"


def test_c_beside_go(fresh: Client) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("cgo needs gcc")
    code = '/*\nint twice(int n) { return 2 * n; }\n*/\nimport "C"\nC.twice(21)'
    assert fresh.cell(code).text == "42"


# -- rich values -----------------------------------------------------------------------------------


def test_displays_stand_where_they_were_made(fresh: Client) -> None:
    cell = fresh.cell(
        'fmt.Println("one")\nshown := display.HTML("<i>two</i>")\nfmt.Println("three")\n'
        'shown.Update("text/html", "<i>2</i>")\nfmt.Print("four")\n"five"'
    )
    types = [kind for kind in cell.types if kind not in ("status", "execute_input")]
    assert types == [
        "stream", "display_data", "stream", "update_display_data", "stream", "execute_result",
    ]  # fmt: skip
    assert [content["text"] for content in cell.contents("stream")] == ["one\n", "three\n", "four"]
    first, update = cell.contents("display_data")[0], cell.contents("update_display_data")[0]
    assert first["data"] == {"text/html": "<i>two</i>"}
    assert first["transient"] == update["transient"]


def test_images(fresh: Client) -> None:
    cell = fresh.cell("display.Image(image.NewRGBA(image.Rect(0, 0, 2, 2)))\ndisplay.Clear(true)")
    assert cell.displays[0]["image/png"].startswith("iVBOR")
    assert cell.contents("clear_output") == [{"wait": True}]


def test_gonbs_own_functions(fresh: Client) -> None:
    cell = fresh.cell(
        'import "github.com/janpfeifer/gonb/gonbui"\n%%\ngonbui.DisplayHTML("<b>x</b>")\n'
        'gonbui.DisplayMarkdown("*x*")\nid := gonbui.UniqueId()\n'
        'gonbui.UpdateHtml(id, "1")\ngonbui.UpdateHtml(id, "2")'
    )
    assert cell.displays == [
        {"text/html": "<b>x</b>"}, {"text/markdown": "*x*"}, {"text/html": "1"},
    ]  # fmt: skip
    assert [each["data"] for each in cell.contents("update_display_data")] == [{"text/html": "2"}]


def test_a_child_does_not_take_its_parents_pipe(fresh: Client) -> None:
    code = (
        'if len(os.Args) > 1 {\n\tdisplay.HTML("child")\n\tos.Exit(0)\n}\n'
        'out, err := exec.Command(os.Args[0], "child").CombinedOutput()\n'
        'fmt.Printf("%q %v", out, err)'
    )
    cell = fresh.cell(code)
    assert cell.stdout == '"child\\n" <nil>', cell
    assert cell.displays == []


# -- errors ----------------------------------------------------------------------------------------


def test_a_panic_is_an_error_with_the_cells_lines(fresh: Client) -> None:
    fresh.cell("type Node struct{ next *Node }\nfunc (n *Node) Next() *Node {\n\treturn n.next\n}")
    cell = fresh.cell("var start *Node\n\nfunc() {\n\tstart.Next()\n}()")
    assert cell.error["ename"] == "panic"
    assert cell.error["evalue"].endswith("nil pointer dereference")
    here = cell.content["execution_count"]
    trace = "\n".join(cell.error["traceback"])
    assert f"In[{here - 1}]:3" in trace
    assert f"In[{here}]:4" in trace
    assert "goroutine 1" not in trace
    assert cell.stderr == ""


def test_a_panic_in_another_goroutine_and_a_deadlock(fresh: Client) -> None:
    cell = fresh.cell('go func() {\n\tpanic(errors.New("there"))\n}()\nselect {}')
    assert (cell.error["ename"], cell.error["evalue"]) == ("panic", "there")
    assert ":2" in "\n".join(cell.error["traceback"])
    cell = fresh.cell("wait := make(chan int)\n<-wait")
    assert cell.error["ename"] == "fatal error"
    assert "deadlock" in cell.error["evalue"]


def test_a_variable_that_was_not_kept_is_explained(fresh: Client) -> None:
    assert fresh.cell("gone := 1\ngone").text == "1"
    failed = fresh.cell("gone")
    assert "values are not kept" in "\n".join(failed.error["traceback"]), failed


def test_a_program_that_looks_its_place_up_has_the_cells_name(fresh: Client) -> None:
    cell = fresh.cell('\nlog.New(os.Stdout, "", log.Lshortfile).Print("here")')
    assert cell.stdout == f"In[{cell.content['execution_count']}]:2: here\n"


def test_what_only_looks_like_a_panic(fresh: Client) -> None:
    cell = fresh.cell('fmt.Fprintln(os.Stderr, "panic: not at all")\nfmt.Println("on")')
    assert (cell.status, cell.stderr, cell.stdout) == ("ok", "panic: not at all\n", "on\n")


@pytest.mark.parametrize(
    "code",
    ["}", "func f( {", "x := `open", 'x := "open', "if {", "func main() {", ")", "\0", "x ="],
)
def test_broken_code_is_an_error_and_changes_nothing(go: Client, code: str) -> None:
    assert go.cell("func kept() int { return 1 }").status == "ok"
    failed = go.cell(f"kept()\n{code}")
    assert failed.error["ename"] == "BuildFailed", failed
    assert re.search(r"In\[\d+\]:\d+", failed.error["evalue"]), failed
    assert go.cell("kept()").text == "1"


def test_a_megabyte_of_code(fresh: Client) -> None:
    line = "n = n*3%1000 + 1\n"
    cell = fresh.cell("n := 0\n" + line * ((1 << 20) // len(line)) + "n")
    assert cell.status == "ok"
    assert cell.text


# -- speed and the build cache ---------------------------------------------------------------------


def test_a_cell_that_runs_again_is_not_compiled_again(start: Start) -> None:
    kernel = start("go")
    client = kernel.client
    first = client.cell('fmt.Println("again", 1)\nvar p *int\n*p = 1')
    assert not first.receipt["cache_hit"]
    second = client.cell('fmt.Println("again", 1)\nvar p *int\n*p = 1')
    assert second.receipt["cache_hit"]
    here = second.content["execution_count"]
    assert f"In[{here}]:3" in "\n".join(second.error["traceback"])
    kernel.restart()
    assert client.cell('fmt.Println("again", 1)\nvar p *int\n*p = 1').receipt["cache_hit"]


# -- assistance ------------------------------------------------------------------------------------


def test_completion_knows_packages(go: Client) -> None:
    go.cell("1")
    reply = go.ask("complete_request", {"code": "strings.ToUp", "cursor_pos": 12}).content
    assert reply["matches"] == ["ToUpper", "ToUpperSpecial"]
    assert (reply["cursor_start"], reply["cursor_end"]) == (8, 12)


def test_inspection_asks_go_doc(fresh: Client) -> None:
    fresh.cell("// Answers.\nfunc answer() int { return 42 }")
    for code, expected in (
        ("strings.ToUpper", "func ToUpper(s string) string"),
        ("answer", "// Answers.\nfunc answer() int"),
        ("append", "func append("),
    ):
        content = {"code": code, "cursor_pos": len(code), "detail_level": 0}
        reply = fresh.ask("inspect_request", content).content
        assert expected in reply["data"]["text/plain"], reply


# -- projects --------------------------------------------------------------------------------------


def test_a_project_with_a_module(start: Start) -> None:
    kernel = start("go")
    write(kernel.folder / "go.mod", "module example\n\ngo 1.18\n")
    write(kernel.folder / "cmd/tool/main.go", "package main\n\nimport \"example/part\"\n\n"
          "func main() { println(part.Answer) }\n")  # fmt: skip
    write(kernel.folder / "part/part.go", "package part\n\nconst Answer = 42\n")
    ran = kernel.client.cell("%run")
    assert ran.status == "ok", ran
    assert ran.stderr.endswith("42\n")
    assert kernel.client.cell("%clean").status == "ok"


def test_a_project_of_files(start: Start) -> None:
    kernel = start("go")
    write(kernel.folder / "a.go", "package main\n\nfunc main() { println(answer()) }\n")
    write(kernel.folder / "b.go", "package main\n\nfunc answer() int { return 42 }\n")
    write(kernel.folder / "b_test.go", 'package main\n\nimport "testing"\n\nvar _ testing.T\n')
    assert kernel.client.cell("%run").stderr.endswith("42\n")


def write(path: Path, text: str) -> None:
    """Write a file, in a folder that may be missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
