"""Jupyter's own tests for kernels, with every sample that a language allows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupyter_kernel_test
import pytest
from client import TIMEOUT
from conftest import require

LANGUAGES = (
    "python",
    "bash",
    "nodejs",
    "c",
    "cpp",
    "go",
    "git",
    "r",
    "typescript",
    "coffeescript",
    "ruby",
    "rust",
    "ocaml",
    "sql",
    "scheme",
    "java",
    "lisp",
    "prolog",
    "tcl",
    "lua",
    "julia",
    "php",
    "haskell",
    "octave",
    "racket",
    "perl",
    "elixir",
    "fortran",
    "algol68",
    "sml",
    "awk",
    "bc",
    "cobol",
    "vala",
    "objectivec",
    "nasm",
    "assembly",
    "zig",
    "pascal",
    "ada",
    "d",
    "groovy",
    "clojure",
    "csharp",
    "scala",
    "kotlin",
    "nim",
    "erlang",
    "forth",
    "gap",
    "raku",
    "pari",
    "maxima",
    "brainfuck",
)


@pytest.fixture(scope="module", autouse=True)
def specs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Kernelspecs for this interpreter, found by jupyter_client through JUPYTER_PATH."""
    prefix = tmp_path_factory.mktemp("prefix")
    for language in LANGUAGES:
        write_spec(prefix, language)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(prefix)
        patch.setenv("JUPYTER_PATH", str(prefix))
        yield


def write_spec(prefix: Path, language: str) -> None:
    """What `kernel-runner install` writes, for ``test-LANGUAGE``."""
    folder = prefix / "kernels" / f"test-{language}"
    folder.mkdir(parents=True)
    argv = [sys.executable, "-m", "kernel_runner", language, "-f", "{connection_file}"]
    if language == "python":
        argv.append(f"--executable={sys.executable}")
    spec = {"argv": argv, "display_name": language, "language": language}
    (folder / "kernel.json").write_text(json.dumps({**spec, "interrupt_mode": "message"}))


class KernelTests(jupyter_kernel_test.KernelTests, jupyter_kernel_test.IopubWelcomeTests):
    """What is the same for all languages. A test for which one has no sample is left out."""

    __test__ = False
    support_iopub_welcome = True
    supported_history_operations = ("tail", "range", "search")
    needs = {  # noqa: RUF012
        "test_execute_stdout": "code_hello_world",
        "test_execute_stderr": "code_stderr",
        "test_pager": "code_page_something",
        "test_execute_result": "code_execute_result",
        "test_history": "code_execute_result",
        "test_display_data": "code_display_data",
        "test_inspect": "code_inspect_sample",
        "test_clear_output": "code_clear_output",
        "test_is_complete": "complete_code_samples",
        "test_completion": "completion_samples",
    }

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for test, sample in cls.needs.items():
            if not getattr(cls, sample):
                setattr(cls, test, None)

    @classmethod
    def setUpClass(cls) -> None:
        require(cls.kernel_name.removeprefix("test-"))
        super().setUpClass()

    def get_non_kernel_info_reply(self, timeout: float | None = None) -> dict[str, Any] | None:
        return super().get_non_kernel_info_reply(timeout=timeout or TIMEOUT)

    def test_recv_iopub_welcome_msg(self) -> None:
        client = self.km.client()
        client.start_channels()
        try:
            welcome = client.get_iopub_msg(timeout=TIMEOUT)
            assert welcome["msg_type"] == "iopub_welcome"
            assert welcome["content"] == {"subscription": ""}
        finally:
            client.stop_channels()


class TestPython(KernelTests):
    __test__ = True
    kernel_name = "test-python"
    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('problem', file=sys.stderr)"
    code_page_something = "print?"
    completion_samples = (
        {"text": "zi", "matches": {"zip"}},
        {"text": "import thre", "matches": {"threading"}},
    )
    complete_code_samples = ("1", "print('hello, world')", "def f(x):\n  return x*2\n\n\n")
    incomplete_code_samples = ("print('''hello", "def f(x):\n  x*2", "if True:")
    invalid_code_samples = ("import = 7q", "x = = 1")
    code_generate_error = "1 / 0"
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "[n * n for n in range(1, 4)]", "result": "[1, 4, 9]"},
        {"code": "from IPython.display import HTML; HTML('<b>x</b>')", "mime": "text/html"},
    )
    code_display_data = (
        {
            "code": "from IPython.display import HTML, display; display(HTML('x'))",
            "mime": "text/html",
        },
        {
            "code": "from IPython.display import Math, display; display(Math('x'))",
            "mime": "text/latex",
        },
        {
            "code": "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()",
            "mime": "image/png",
        },
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"


class TestBash(KernelTests):
    __test__ = True
    kernel_name = "test-bash"
    language_name = "bash"
    file_extension = ".sh"
    code_hello_world = "echo 'hello, world'"
    code_stderr = "echo problem >&2"
    completion_samples = (
        {"text": "readarr", "matches": {"readarray"}},
        {"text": "echo $BASH_VERSIN", "matches": {"$BASH_VERSINFO"}},
    )
    complete_code_samples = ("echo hello", "for i in 1 2; do echo $i; done")
    incomplete_code_samples = ("for i in 1 2; do", "echo 'hello", "cat <<END\ntext")
    invalid_code_samples = ("fi", "echo )")
    code_generate_error = "(exit 3)"
    code_inspect_sample = "readarray"


class TestNode(KernelTests):
    __test__ = True
    kernel_name = "test-nodejs"
    language_name = "javascript"
    file_extension = ".js"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('problem')"
    completion_samples = (
        {"text": "Math.hyp", "matches": {"hypot"}},
        {"text": "parseFl", "matches": {"parseFloat"}},
    )
    complete_code_samples = ("1", "function f(x) { return x * 2; }", "let a = [1]")
    incomplete_code_samples = ("function f(x) {", "`hello", "[1,")
    invalid_code_samples = ("let = = 7", "function (:")
    code_generate_error = "throw new Error('no')"
    code_execute_result = (
        {"code": "1 + 2 + 3", "mime": "text/plain"},
        {"code": "[1, 2, 3].map((n) => n * n)", "mime": "text/plain"},
        {
            "code": "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<b>x</b>' }) })",
            "mime": "text/html",
        },
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "parseFloat"
    code_clear_output = "clearOutput()"


class TestC(KernelTests):
    __test__ = True
    kernel_name = "test-c"
    language_name = "c"
    file_extension = ".c"
    code_hello_world = '#include <stdio.h>\nputs("hello, world");'
    code_stderr = '#include <stdio.h>\nfputs("problem\\n", stderr);'
    completion_samples = (
        {"text": "regis", "matches": {"register"}},
        {"text": "int counter = 0; int main(void) { return coun", "matches": {"counter"}},
    )
    complete_code_samples = ("int main(void) { return 0; }", "int x = 1;", "x + 1")
    incomplete_code_samples = ("int main(void) {", "/* a comment")
    invalid_code_samples = ("int main(void) { ) }",)
    code_generate_error = "int main(void) { return 3; }"
    code_execute_result = (
        {"code": "6 * 7", "result": "42"},
        {"code": "struct s { int a; } it = {1};\nit", "result": "{a = 1}"},
    )
    code_display_data = ({"code": 'kr_display("text/html", "<b>bold</b>");', "mime": "text/html"},)
    code_inspect_sample = "it"


class TestCpp(KernelTests):
    __test__ = True
    kernel_name = "test-cpp"
    language_name = "c++"
    file_extension = ".cpp"
    code_hello_world = 'std::cout << "hello, world";'
    code_stderr = 'std::cerr << "problem";'
    completion_samples = (
        {"text": "int counter = 0; coun", "matches": {"counter"}},
        {"text": "constex", "matches": {"constexpr"}},
    )
    complete_code_samples = ("int main() { return 0; }", "int x = 1;", "x + 1", "// nothing")
    incomplete_code_samples = ("int f() {", "/* a comment", "class A {")
    invalid_code_samples = ("int f() { ) }",)
    code_page_something = "?std::vector"
    code_generate_error = "throw 1;"
    code_execute_result = (
        {"code": "6 * 7", "result": "42"},
        {"code": 'std::string("a")', "result": '"a"'},
    )
    code_display_data = (
        {
            "code": 'kernel_runner::display({{"text/html", "<b>x</b>"}});',
            "mime": "text/html",
        },
    )
    code_inspect_sample = "std::vector"


class TestGo(KernelTests):
    __test__ = True
    kernel_name = "test-go"
    language_name = "go"
    file_extension = ".go"
    code_hello_world = 'fmt.Print("hello, world")'
    code_stderr = 'fmt.Fprint(os.Stderr, "problem")'
    completion_samples = (
        {"text": "fallth", "matches": {"fallthrough"}},
        {"text": "counter := 0; coun", "matches": {"counter"}},
    )
    complete_code_samples = ("1", "func f() {}", "x := 1", "// nothing")
    incomplete_code_samples = ("func f() {", "f(1,", "/* a comment", "x := `open")
    invalid_code_samples = ("x := = 1", ")")
    code_generate_error = 'panic("no")'
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "[]int{1, 4, 9}", "result": "[1 4 9]"},
    )
    code_display_data = (
        {"code": 'display.HTML("<b>x</b>")', "mime": "text/html"},
        {"code": 'display.LaTeX("x")', "mime": "text/latex"},
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "strings.ToUpper"
    code_clear_output = "display.Clear(false)"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        # A machine's first program has Go compile its library.
        reply = cls.kc.execute_interactive("display.Clear(false)", timeout=TIMEOUT)
        assert reply["content"]["status"] == "ok"


class TestGit(KernelTests):
    __test__ = True
    kernel_name = "test-git"
    language_name = "git"
    file_extension = ".sh"
    code_hello_world = "echo 'hello, world'"
    code_stderr = "echo problem >&2"
    completion_samples = ({"text": "cherry-p", "matches": {"cherry-pick"}},)
    complete_code_samples = ("status", "git log --oneline")
    incomplete_code_samples = ("for i in 1 2; do", "commit -m 'first")
    invalid_code_samples = ("fi",)
    code_generate_error = "(exit 3)"
    code_display_data = (
        {
            "code": "init -q graph && cd graph && "
            "git -c user.name=A -c user.email=a@b commit -q --allow-empty -m one\nshow graph",
            "mime": "image/svg+xml",
        },
    )


class TestTypeScript(KernelTests):
    __test__ = True
    kernel_name = "test-typescript"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "const who: string = 'world'; console.log(`hello, ${who}`)"
    code_stderr = "console.error('problem' as string)"
    completion_samples = (
        {"text": "Math.hyp", "matches": {"hypot"}},
        {"text": "parseFl", "matches": {"parseFloat"}},
    )
    complete_code_samples = ("1", "interface A { a: number }", "let a: number[] = [1]")
    incomplete_code_samples = ("function f(x: number) {", "interface A {", "[1 as number,")
    invalid_code_samples = ("let = = 7", "function (:")
    code_generate_error = "throw new Error('no' as string)"
    code_execute_result = (
        {"code": "1 + 2 + (3 as number)", "mime": "text/plain"},
        {"code": "[1, 2, 3].map((n: number) => n * n)", "mime": "text/plain"},
    )
    code_history_pattern = "1 + 2*"
    code_display_data = ({"code": "display.html('<b>x</b>' as string)", "mime": "text/html"},)
    code_inspect_sample = "parseFloat"
    code_clear_output = "clearOutput()"


class TestRuby(KernelTests):
    __test__ = True
    kernel_name = "test-ruby"
    language_name = "ruby"
    file_extension = ".rb"
    code_hello_world = "puts 'hello, world'"
    code_stderr = "warn 'problem'"
    completion_samples = (
        {"text": "[].each_sl", "matches": {"each_slice"}},
        {"text": "requ", "matches": {"require", "require_relative"}},
    )
    complete_code_samples = ("1", "def f(x) = x * 2", "[1].each do |x|\n  puts x\nend")
    incomplete_code_samples = ("def f", "'hello", "[1,")
    invalid_code_samples = ("end", "x = = 7")
    code_generate_error = "raise 'no'"
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "[1, 2, 3].map { |n| n * n }", "result": "[1, 4, 9]"},
        {"code": "IRuby.html('<b>x</b>')", "mime": "text/html"},
    )
    code_display_data = (
        {"code": "display 'text/html' => '<b>x</b>'", "mime": "text/html"},
        {"code": "IRuby.display(IRuby.latex('x'))", "mime": "text/latex"},
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "File.read"
    code_clear_output = "clear_output"


class TestRust(KernelTests):
    __test__ = True
    kernel_name = "test-rust"
    language_name = "rust"
    file_extension = ".rs"
    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("problem");'
    completion_samples = (
        {"text": "let counter = 0; coun", "matches": {"counter"}},
        {"text": "unsa", "matches": {"unsafe"}},
    )
    complete_code_samples = ("1", "let x = 1;", "fn f() -> i32 { 1 }", "// nothing")
    incomplete_code_samples = ("fn f() {", "vec![1,", '"hello', "/* a comment")
    invalid_code_samples = ("let x = = 2;", "fn f() }")
    code_page_something = None
    code_generate_error = 'panic!("no");'
    code_execute_result = ({"code": "6 * 7", "result": "42"}, {"code": '"a"', "result": '"a"'})
    code_display_data = (
        {"code": 'kernel_runner::display("text/html", "<b>x</b>");', "mime": "text/html"},
    )


class TestOCaml(KernelTests):
    __test__ = True
    kernel_name = "test-ocaml"
    language_name = "ocaml"
    file_extension = ".ml"
    code_hello_world = 'print_endline "hello, world"'
    code_stderr = 'prerr_endline "problem"'
    completion_samples = (
        {"text": "print_endl", "matches": {"print_endline"}},
        {"text": "List.filter_m", "matches": {"filter_map"}},
    )
    complete_code_samples = ("1;;", "let f x = x * 2", "(* nothing *)")
    incomplete_code_samples = ("let f x =", '"hello', "(* a comment", "if true then")
    invalid_code_samples = ("let = 7", "1 + ) 2")
    code_generate_error = 'failwith "no"'
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "- : int = 6"},
        {"code": "List.map succ [1; 2]", "result": "- : int list = [2; 3]"},
    )
    code_display_data = (
        {"code": 'Jupyter_notebook.display "text/html" "<b>x</b>"', "mime": "text/html"},
        {"code": 'Jupyter_notebook.display "image/svg+xml" "<svg/>"', "mime": "image/svg+xml"},
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "List.map"
    code_clear_output = "Jupyter_notebook.clear_output ()"


class TestOctave(KernelTests):
    __test__ = True
    kernel_name = "test-octave"
    language_name = "octave"
    file_extension = ".m"
    code_hello_world = "printf ('hello, world')"
    code_stderr = "fputs (stderr, 'problem')"
    completion_samples = (
        {"text": "fliplr", "matches": {"fliplr"}},
        {"text": "strsp", "matches": {"strsplit"}},
    )
    complete_code_samples = ("1;", "x = [1 2\n3 4];", "% nothing", "for i = 1:2\n  i\nend")
    incomplete_code_samples = ("for i = 1:2", "x = [1 2", "if true")
    invalid_code_samples = ("x = = 7", "1 + ) 2")
    code_generate_error = "error ('no')"
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "ans = 6"},
        {"code": "[1 2] * 2", "result": "ans =\n\n   2   4"},
    )
    code_display_data = (
        {"code": "plot (1:3)", "mime": "image/png"},
        {"code": "jupyter_display ('text/html', '<b>x</b>')", "mime": "text/html"},
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "fliplr"
    code_clear_output = "jupyter_clear ()"


class TestR(KernelTests):
    __test__ = True
    kernel_name = "test-r"
    language_name = "R"
    file_extension = ".r"
    code_hello_world = "cat('hello, world')"
    code_stderr = "message('problem')"
    code_page_something = "?mean"
    completion_samples = (
        {"text": "read.cs", "matches": {"read.csv", "read.csv2"}},
        {"text": "mtcars$mp", "matches": {"mtcars$mpg"}},
    )
    complete_code_samples = ("1", "cat('hello, world')", "f <- function(x) {\n  x * 2\n}")
    incomplete_code_samples = ("cat('hello", "f <- function(x) {\n  x * 2", "1 +")
    invalid_code_samples = ("x = = 2", "}")
    code_generate_error = "stop('no')"
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "[1] 6"},
        {"code": "data.frame(x = 1:2)", "mime": "text/html"},
    )
    code_display_data = (
        {"code": "plot(1:3)", "mime": "image/png"},
        {"code": "display_markdown('*x*')", "mime": "text/markdown"},
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "mean"
    code_clear_output = "clear_output()"


class TestSql(KernelTests):
    __test__ = True
    kernel_name = "test-sql"
    language_name = "sql"
    file_extension = ".sql"
    completion_samples = (
        {"text": "sele", "matches": {"select"}},
        {"text": "%conn", "matches": {"%connect"}},
    )
    complete_code_samples = ("SELECT 1;", "-- nothing", "%limit 10")
    incomplete_code_samples = ("SELECT 1", "SELECT 'hello", "/* a comment")
    invalid_code_samples = ("SELECT FROM FROM;",)
    code_generate_error = "SELECT missing"
    code_execute_result = (
        {"code": "SELECT 1 + 2 AS n", "result": "n\n─\n3\n(1 row)"},
        {"code": "VALUES (1), (2)", "mime": "text/html"},
    )
    code_display_data = (
        {"code": "SELECT 1; SELECT 2", "mime": "text/html"},
        {"code": "SELECT display('image/svg+xml', '<svg/>')", "mime": "image/svg+xml"},
    )
    code_history_pattern = "SELECT 1 + 2*"
    code_clear_output = "SELECT clear_output()"


class TestScheme(KernelTests):
    __test__ = True
    kernel_name = "test-scheme"
    language_name = "scheme"
    file_extension = ".scm"
    code_hello_world = '(display "hello, world")'
    code_stderr = '(display "problem" (current-error-port))'
    completion_samples = (
        {"text": "(string-fold-r", "matches": {"string-fold-right"}},
        {"text": "(string-any-c", "matches": {"string-any-c-code"}},
    )
    complete_code_samples = ("1", "(define (f x) (* 2 x))", "; nothing")
    incomplete_code_samples = ("(define (f x)", '"hello', "#| a comment")
    invalid_code_samples = ("(+ 1 2))", "#<")
    code_generate_error = '(error "no")'
    code_execute_result = (
        {"code": "(+ 1 2 3)", "result": "6"},
        {"code": "(map 1+ '(1 2))", "result": "(2 3)"},
    )
    code_display_data = (
        {"code": '(jupyter-display "text/html" "<b>x</b>")', "mime": "text/html"},
        {"code": '(jupyter-display "image/svg+xml" "<svg/>")', "mime": "image/svg+xml"},
    )
    code_history_pattern = "(+ 1 2 3*"
    code_inspect_sample = "string-append"
    code_clear_output = "(jupyter-clear-output)"


class TestHaskell(KernelTests):
    __test__ = True
    kernel_name = "test-haskell"
    language_name = "haskell"
    file_extension = ".hs"
    code_hello_world = 'putStrLn "hello, world"'
    code_stderr = 'System.IO.hPutStrLn System.IO.stderr "problem"'
    completion_samples = (
        {"text": "putStrL", "matches": {"putStrLn"}},
        {"text": "import Data.List.N", "matches": {"Data.List.NonEmpty"}},
    )
    complete_code_samples = ("1", "f x = x * 2", "-- nothing", "do\n  print 1\n  print 2")
    incomplete_code_samples = ("f x =", "{- a comment", "if True then", "foldr (")
    invalid_code_samples = ("let = 7", "1 + ) 2")
    code_generate_error = 'error "no"'
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "map succ [1, 2]", "result": "[2,3]"},
        {"code": 'IHaskell.Display.html "<b>x</b>"', "mime": "text/html"},
    )
    code_display_data = (
        {"code": 'import IHaskell.Display\nprintDisplay (html "x")', "mime": "text/html"},
        {"code": 'printDisplay (svg "<svg/>")', "mime": "image/svg+xml"},
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "map"
    code_clear_output = "IHaskell.Display.clearOutput False"


class TestJava(KernelTests):
    __test__ = True
    kernel_name = "test-java"
    language_name = "java"
    file_extension = ".java"
    code_hello_world = 'System.out.println("hello, world");'
    code_stderr = 'System.err.println("problem");'
    completion_samples = (
        {"text": "Math.hyp", "matches": {"hypot("}},
        {"text": "StringBuil", "matches": {"StringBuilder"}},
    )
    complete_code_samples = ("1", "int x = 3", "class A { int a; }", "// nothing")
    incomplete_code_samples = ("int f(int x) {", "List.of(1,", "/* a comment")
    invalid_code_samples = ("int = = 7;", "}")
    code_generate_error = 'throw new RuntimeException("no");'
    code_execute_result = (
        {"code": "1 + 2 + 3", "mime": "text/plain"},
        {"code": "List.of(1, 2)", "mime": "text/plain"},
    )
    code_history_pattern = "1 + 2*"
    code_display_data = ({"code": 'display("text/html", "<b>x</b>");', "mime": "text/html"},)
    code_inspect_sample = "String"
    code_clear_output = "clearOutput();"


class TestLisp(KernelTests):
    __test__ = True
    kernel_name = "test-lisp"
    language_name = "common-lisp"
    file_extension = ".lisp"
    code_hello_world = '(format t "hello, world")'
    code_stderr = '(write-string "problem" *error-output*)'
    completion_samples = (
        {"text": "(multiple-value-p", "matches": {"multiple-value-prog1"}},
        {"text": "(sb-ext:octets-to-s", "matches": {"sb-ext:octets-to-string"}},
    )
    complete_code_samples = ("1", "(defun f (x) (* 2 x))", "; nothing")
    incomplete_code_samples = ("(defun f (x)", '"hello', "#| a comment")
    invalid_code_samples = ("(+ 1 2))", ")")
    code_generate_error = '(error "no")'
    code_execute_result = (
        {"code": "(+ 1 2 3)", "result": "6"},
        {"code": "(mapcar #'1+ '(1 2))", "result": "(2 3)"},
        {"code": '(jupyter:html "<b>x</b>")', "mime": "text/html"},
    )
    code_display_data = (
        {"code": '(jupyter:html "<b>x</b>" :display t)', "mime": "text/html"},
        {"code": '(jupyter:svg "<svg/>" :display t)', "mime": "image/svg+xml"},
    )
    code_history_pattern = "(+ 1 2 3*"
    code_inspect_sample = "mapcar"
    code_clear_output = "(jupyter:clear-output)"


class TestProlog(KernelTests):
    __test__ = True
    kernel_name = "test-prolog"
    language_name = "prolog"
    file_extension = ".pl"
    code_hello_world = ":- writeln('hello, world')."
    code_stderr = ":- writeln(user_error, problem)."
    completion_samples = (
        {"text": "atomic_list_con", "matches": {"atomic_list_concat"}},
        {"text": "?- aggregate_al", "matches": {"aggregate_all"}},
    )
    complete_code_samples = ("?- true.", "f(X) :- g(X).", "% nothing")
    incomplete_code_samples = ("f(X) :-", "f('hello", "/* a comment")
    invalid_code_samples = ("f(.", ").")
    code_generate_error = "?- atom_length(X, Y)."
    code_execute_result = (
        {"code": "?- X is 1 + 2.", "result": "X = 3."},
        {"code": "?- member(X, [a, b]).", "result": "X = a ;\nX = b."},
    )
    code_display_data = (
        {"code": ":- display('text/html', \"<b>x</b>\").", "mime": "text/html"},
        {"code": ":- print_table(member(X, [1, 2])).", "mime": "text/html"},
    )
    code_history_pattern = "?- X is*"
    code_inspect_sample = "atom_length"
    code_clear_output = ":- clear_output."


class TestTcl(KernelTests):
    __test__ = True
    kernel_name = "test-tcl"
    language_name = "tcl"
    file_extension = ".tcl"
    code_hello_world = 'puts "hello, world"'
    code_stderr = "puts stderr problem"
    completion_samples = (
        {"text": "fconf", "matches": {"fconfigure"}},
        {"text": "puts $tcl_platf", "matches": {"$tcl_platform"}},
    )
    complete_code_samples = ("set x 1", "proc f {x} { return $x }", "# nothing")
    incomplete_code_samples = ("proc f {x} {", 'puts "hello', "set x [")
    code_generate_error = "error no"
    code_execute_result = (
        {"code": "expr {1 + 2 + 3}", "result": "6"},
        {"code": "lmap n {1 2 3} {expr {$n * $n}}", "result": "1 4 9"},
    )
    code_display_data = ({"code": "display text/html <b>x</b>", "mime": "text/html"},)
    code_history_pattern = "expr {1 + 2*"
    code_inspect_sample = "fconfigure"
    code_clear_output = "clear_output"


class TestLua(KernelTests):
    __test__ = True
    kernel_name = "test-lua"
    language_name = "lua"
    file_extension = ".lua"
    code_hello_world = 'print("hello, world")'
    code_stderr = 'io.stderr:write("problem\\n")'
    code_page_something = "print?"
    completion_samples = (
        {"text": "collectg", "matches": {"collectgarbage"}},
        {"text": "string.rev", "matches": {"reverse"}},
    )
    complete_code_samples = ("1", "x = 1\nx", "function f(x) return 2 * x end", "-- nothing")
    incomplete_code_samples = ("function f(x)", "print([[hello", "x = {", "--[[ a comment")
    invalid_code_samples = ("end", "x = = 7", 'print("hello')
    code_generate_error = 'error("no")'
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "{ 1, 4, 9 }", "result": "{1, 4, 9}"},
        {"code": 'jupyter.html("<b>x</b>")', "mime": "text/html"},
    )
    code_display_data = (
        {"code": 'display("text/html", "<b>x</b>")', "mime": "text/html"},
        {"code": 'display(jupyter.latex("x"))', "mime": "text/latex"},
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "print"
    code_clear_output = "jupyter.clear()"


class TestPhp(KernelTests):
    __test__ = True
    kernel_name = "test-php"
    language_name = "php"
    file_extension = ".php"
    code_hello_world = "echo 'hello, world';"
    code_stderr = "fwrite(STDERR, 'problem');"
    completion_samples = (
        {"text": "str_repl", "matches": {"str_replace"}},
        {"text": "new DateTimeImm", "matches": {"DateTimeImmutable"}},
    )
    complete_code_samples = ("1", "function f($x) { return $x * 2; }", "# nothing")
    incomplete_code_samples = ("function f($x) {", "'hello", "/* a comment", "[1,")
    invalid_code_samples = ("$x = = 7;", "}")
    code_generate_error = "throw new Exception('no');"
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "array_map(fn ($n) => $n * $n, [1, 2, 3])", "result": "[1, 4, 9]"},
    )
    code_display_data = (
        {"code": "display('text/html', '<b>x</b>');", "mime": "text/html"},
        {"code": "display(['image/svg+xml' => '<svg/>']);", "mime": "image/svg+xml"},
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "str_replace"
    code_clear_output = "clear_output();"


class TestRacket(KernelTests):
    __test__ = True
    kernel_name = "test-racket"
    language_name = "racket"
    file_extension = ".rkt"
    code_hello_world = '(displayln "hello, world")'
    code_stderr = '(eprintf "problem")'
    completion_samples = (
        {"text": "(string-append-imm", "matches": {"string-append-immutable"}},
        {"text": "(hash-ref-k", "matches": {"hash-ref-key"}},
    )
    complete_code_samples = ("1", "(define (f x) (* 2 x))", "; nothing", "#lang racket\n1")
    incomplete_code_samples = ("(define (f x)", '"hello', "#| a comment")
    invalid_code_samples = ("(+ 1 2))", "(+ 1 ]")
    code_generate_error = '(error "no")'
    code_execute_result = (
        {"code": "(+ 1 2 3)", "result": "6"},
        {"code": "(map add1 '(1 2))", "result": "'(2 3)"},
    )
    code_display_data = (
        {"code": '(jupyter-display "text/html" "<b>x</b>")', "mime": "text/html"},
        {"code": '(jupyter-display "image/svg+xml" "<svg/>")', "mime": "image/svg+xml"},
    )
    code_history_pattern = "(+ 1 2 3*"
    code_inspect_sample = "string-append"
    code_clear_output = "(jupyter-clear-output)"


class TestJulia(KernelTests):
    __test__ = True
    kernel_name = "test-julia"
    language_name = "julia"
    file_extension = ".jl"
    code_hello_world = 'println("hello, world")'
    code_stderr = 'println(stderr, "problem")'
    completion_samples = (
        {"text": "printst", "matches": {"printstyled"}},
        {"text": "Base.Sort.partit", "matches": {"partition!"}},
        {"text": "\\alph", "matches": {"\\alpha"}},
    )
    complete_code_samples = ("1", "f(x) = 2x", "for i in 1:3\n    println(i)\nend", "# nothing")
    incomplete_code_samples = ("function f(x)", '"hello', "[1,", "#= a comment")
    invalid_code_samples = ("end", "x = = 7", "(1 + 2))")
    code_generate_error = 'error("no")'
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "[n^2 for n in 1:2]", "mime": "text/plain"},
        {"code": 'HTML("<b>x</b>")', "mime": "text/html"},
    )
    code_display_data = (
        {"code": 'display("text/html", "<b>x</b>")', "mime": "text/html"},
        {"code": 'using Markdown; display(md"*x*")', "mime": "text/markdown"},
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "println"
    code_clear_output = "IJulia.clear_output()"


class TestPerl(KernelTests):
    __test__ = True
    kernel_name = "test-perl"
    language_name = "perl"
    file_extension = ".pl"
    code_hello_world = "print 'hello, world';"
    code_stderr = "warn 'problem';"
    completion_samples = (
        {"text": "wantar", "matches": {"wantarray"}},
        {"text": "update_dis", "matches": {"update_display"}},
    )
    complete_code_samples = ("1", "sub f { return 2 * $_[0] }", "# nothing")
    incomplete_code_samples = ("sub f {", "'hello", "[1,", "print <<END;\ntext")
    invalid_code_samples = ("}", "(1 + 2]")
    code_generate_error = "die 'no';"
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "map { $_ * $_ } 1 .. 3", "result": "(1, 4, 9)"},
        {"code": "IPerl->html('<b>x</b>')", "mime": "text/html"},
    )
    code_display_data = (
        {"code": "display('text/html' => '<b>x</b>');", "mime": "text/html"},
        {"code": "IPerl->display(IPerl->svg('<svg/>'));", "mime": "image/svg+xml"},
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "substr"
    code_clear_output = "clear_output();"


class TestElixir(KernelTests):
    __test__ = True
    kernel_name = "test-elixir"
    language_name = "elixir"
    file_extension = ".exs"
    code_hello_world = 'IO.puts("hello, world")'
    code_stderr = 'IO.puts(:stderr, "problem")'
    completion_samples = (
        {"text": "Enum.map_jo", "matches": {"map_join"}},
        {"text": ":math.sq", "matches": {"sqrt"}},
        {"text": "defimp", "matches": {"defimpl"}},
    )
    complete_code_samples = (
        "1",
        "def f(x), do: 2 * x",
        "Enum.map([1], fn x -> x end)",
        "# nothing",
    )
    incomplete_code_samples = ("if true do", '"hello', "[1,", "fn x ->", "1 +")
    invalid_code_samples = ("end", "(1 + 2]", "x = = 1")
    code_generate_error = 'raise "no"'
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "for n <- 1..3, do: n * n", "result": "[1, 4, 9]"},
        {"code": 'Jupyter.html("<b>x</b>")', "mime": "text/html"},
    )
    code_display_data = (
        {"code": 'Jupyter.display("text/html", "<b>x</b>")', "mime": "text/html"},
        {"code": 'Jupyter.display(Jupyter.svg("<svg/>"))', "mime": "image/svg+xml"},
    )
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "Enum.map"
    code_clear_output = "Jupyter.clear()"


class TestFortran(KernelTests):
    __test__ = True
    kernel_name = "test-fortran"
    language_name = "fortran"
    file_extension = ".f90"
    code_hello_world = "print '(a)', 'hello, world'"
    code_stderr = "write (0, '(a)') 'problem'"
    completion_samples = (
        {"text": "subrou", "matches": {"subroutine"}},
        {"text": "integer :: counter\ncoun", "matches": {"counter"}},
    )
    code_generate_error = "call exit(3)"


class TestZig(KernelTests):
    __test__ = True
    kernel_name = "test-zig"
    language_name = "zig"
    file_extension = ".zig"
    code_hello_world = (
        'const std = @import("std");\n'
        "pub fn main(init: std.process.Init) !void {\n"
        '    try std.Io.File.stdout().writeStreamingAll(init.io, "hello, world");\n'
        "}"
    )
    code_stderr = 'std.debug.print("problem", .{});'
    completion_samples = (
        {"text": "errd", "matches": {"errdefer"}},
        {"text": "const counter = 0; coun", "matches": {"counter"}},
    )
    code_generate_error = "std.process.exit(3);"


class TestAssembly(KernelTests):
    __test__ = True
    kernel_name = "test-assembly"
    language_name = "assembly"
    file_extension = ".s"
    code_hello_world = (
        'mov $text, %edi\nxor %eax, %eax\ncall printf\n.data\ntext: .asciz "hello, world"'
    )
    code_stderr = (
        'mov $2, %edi\nmov $text, %esi\nmov $7, %edx\ncall write\n.data\ntext: .ascii "problem"'
    )
    completion_samples = (
        {"text": "sysca", "matches": {"syscall"}},
        {"text": "counter: .long 0\nincl coun", "matches": {"counter"}},
    )
    code_generate_error = "mov $3, %edi\ncall exit"


class TestNasm(KernelTests):
    __test__ = True
    kernel_name = "test-nasm"
    language_name = "nasm"
    file_extension = ".asm"
    code_hello_world = (
        "extern printf\nmov rdi, text\nxor eax, eax\ncall printf\n"
        'section .data\ntext: db "hello, world", 0'
    )
    code_stderr = (
        "extern write\nmov edi, 2\nmov rsi, text\nmov edx, 7\ncall write\n"
        'section .data\ntext: db "problem"'
    )
    completion_samples = (
        {"text": "sysca", "matches": {"syscall"}},
        {"text": "counter: dd 0\ninc dword [coun", "matches": {"counter"}},
    )
    code_generate_error = "extern exit\nmov edi, 3\ncall exit"


class TestObjectiveC(KernelTests):
    __test__ = True
    kernel_name = "test-objectivec"
    language_name = "objectivec"
    file_extension = ".m"
    code_hello_world = 'printf("hello, world");'
    code_stderr = 'fprintf(stderr, "problem");'
    completion_samples = (
        {"text": "NSMutableStr", "matches": {"NSMutableString"}},
        {"text": "int counter = 0; coun", "matches": {"counter"}},
    )
    code_generate_error = "exit(3);"


class TestVala(KernelTests):
    __test__ = True
    kernel_name = "test-vala"
    language_name = "vala"
    file_extension = ".vala"
    code_hello_world = 'print ("hello, world");'
    code_stderr = 'printerr ("problem");'
    completion_samples = (
        {"text": "errord", "matches": {"errordomain"}},
        {"text": "int counter = 0; coun", "matches": {"counter"}},
    )
    code_generate_error = "Process.exit (3);"


class TestCobol(KernelTests):
    __test__ = True
    kernel_name = "test-cobol"
    language_name = "cobol"
    file_extension = ".cob"
    code_hello_world = 'display "hello, world".'
    code_stderr = 'display "problem" upon syserr.'
    completion_samples = (
        {"text": "working-st", "matches": {"working-storage"}},
        {"text": "move 1 to how-many display how-m", "matches": {"how-many"}},
    )
    code_generate_error = "move 3 to return-code."


class TestAwk(KernelTests):
    __test__ = True
    kernel_name = "test-awk"
    language_name = "awk"
    file_extension = ".awk"
    code_hello_world = 'BEGIN { print "hello, world" }'
    code_stderr = 'BEGIN { print "problem" > "/dev/stderr" }'
    completion_samples = (
        {"text": "BEGIN { gens", "matches": {"gensub"}},
        {"text": "{ counter++ } END { print coun", "matches": {"counter"}},
    )
    code_generate_error = "BEGIN { exit 3 }"


class TestBc(KernelTests):
    __test__ = True
    kernel_name = "test-bc"
    language_name = "bc"
    file_extension = ".bc"
    code_hello_world = 'print "hello, world"'
    code_stderr = "1 / 0"
    completion_samples = (
        {"text": "defi", "matches": {"define"}},
        {"text": "counter = 1; coun", "matches": {"counter"}},
    )
    code_generate_error = "x = )"


class TestErlang(KernelTests):
    __test__ = True
    kernel_name = "test-erlang"
    language_name = "erlang"
    file_extension = ".erl"
    code_hello_world = 'io:put_chars("hello, world\\n").'
    code_stderr = 'io:put_chars(standard_error, "problem").'
    completion_samples = (
        {"text": "andal", "matches": {"andalso"}},
        {"text": "Counter = 1, Coun", "matches": {"Counter"}},
    )
    code_generate_error = "1 / 0."
    code_execute_result = (
        {"code": "1 + 2 + 3.", "result": "6"},
        {"code": "[N * N || N <- [1, 2, 3]].", "result": "[1,4,9]"},
    )
    code_display_data = ({"code": 'display("text/html", "<b>x</b>").', "mime": "text/html"},)
    code_history_pattern = "1 + 2*"


class TestForth(KernelTests):
    __test__ = True
    kernel_name = "test-forth"
    language_name = "forth"
    file_extension = ".fs"
    code_hello_world = '." hello, world" cr'
    code_stderr = 's" problem" stderr write-file throw'
    completion_samples = (
        {"text": "1 spac", "matches": {"space", "spaces"}},
        {"text": ": sixfold 6 * ; sixf", "matches": {"sixfold"}},
    )
    code_generate_error = "missing"
    code_execute_result = (
        {"code": "1 2 3 + +", "result": "<1> 6"},
        {"code": "drop 2 3", "result": "<2> 2 3"},
    )
    code_display_data = ({"code": 's" <b>x</b>" s" text/html" display', "mime": "text/html"},)
    code_history_pattern = "1 2 3*"
    code_inspect_sample = "spaces"


class TestGap(KernelTests):
    __test__ = True
    kernel_name = "test-gap"
    language_name = "gap"
    file_extension = ".g"
    code_hello_world = 'Print("hello, world\\n");'
    code_stderr = 'PrintTo("*errout*", "problem\\n");'
    completion_samples = (
        {"text": "repea", "matches": {"repeat"}},
        {"text": "counter := 1;; coun", "matches": {"counter"}},
    )
    code_generate_error = "1 / 0;"
    code_execute_result = (
        {"code": "1 + 2 + 3;", "result": "6"},
        {"code": "List([1 .. 3], n -> n^2);", "result": "[ 1, 4, 9 ]"},
    )
    code_display_data = ({"code": 'display("text/html", "<b>x</b>");', "mime": "text/html"},)
    code_history_pattern = "1 + 2*"
    code_inspect_sample = "IsPrimeInt"


class TestRaku(KernelTests):
    __test__ = True
    kernel_name = "test-raku"
    language_name = "raku"
    file_extension = ".raku"
    code_hello_world = "say 'hello, world'"
    code_stderr = "note 'problem'"
    completion_samples = (
        {"text": "submeth", "matches": {"submethod"}},
        {"text": "my $counter = 1; say $coun", "matches": {"counter"}},
    )
    code_generate_error = "die 'no'"
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "(1..3).map: * ** 2", "result": "(1 4 9)"},
    )
    code_display_data = ({"code": "display 'text/html', '<b>x</b>'", "mime": "text/html"},)
    code_history_pattern = "1 + 2*"
    code_clear_output = "clear-output"


class TestPari(KernelTests):
    __test__ = True
    kernel_name = "test-pari"
    language_name = "pari"
    file_extension = ".gp"
    code_hello_world = 'print("hello, world")'
    completion_samples = (
        {"text": "nextp", "matches": {"nextprime"}},
        {"text": "counter = 1; coun", "matches": {"counter"}},
    )
    code_generate_error = "quit(3)"


class TestMaxima(KernelTests):
    __test__ = True
    kernel_name = "test-maxima"
    language_name = "maxima"
    file_extension = ".mac"
    code_hello_world = 'printf(true, "hello, world~%")$'
    completion_samples = (
        {"text": "polynomialp(x) + numfact", "matches": {"numfactor"}},
        {"text": "counter: 1$ counte", "matches": {"counter"}},
    )
    complete_code_samples = ("1 + 1", "f(x) := x^2;")
    incomplete_code_samples = ("f(x) :=", "block([x],", '"open')
    invalid_code_samples = ("1 + ;", "(1]")
    code_generate_error = "1 / 0;"
    code_execute_result = (
        {"code": "kill(all)$ 1 + 2 + 3;", "result": "(%o1) 6", "mime": "text/plain"},
        {"code": "% * 2;", "result": "(%o2) 12", "mime": "text/plain"},
    )
    code_display_data = (
        {"code": 'jupyter_html("<b>x</b>", true)$', "mime": "text/html"},
        {"code": "plot2d(sin(x), [x, 0, 6])$", "mime": "image/svg+xml"},
    )
    code_history_pattern = "% * 2*"
    code_inspect_sample = "integrate"


class TestBrainfuck(KernelTests):
    __test__ = True
    kernel_name = "test-brainfuck"
    language_name = "brainfuck"
    file_extension = ".bf"
    code_hello_world = (
        "++++++++++[>++++++++++>+++>+<<<-]>++++.---.+++++++..+++.>++++++++++++++.------------."
        "<++++++++.--------.+++.------.--------."
    )
    code_generate_error = "[[]"


class TestSml(KernelTests):
    __test__ = True
    kernel_name = "test-sml"
    language_name = "sml"
    file_extension = ".sml"
    code_hello_world = 'print "hello, world";'
    code_stderr = 'TextIO.output (TextIO.stdErr, "problem");'
    completion_samples = (
        {"text": "structu", "matches": {"structure"}},
        {"text": "val counter = 0 val x = coun", "matches": {"counter"}},
    )
    code_generate_error = "val () = Posix.Process.exit 0w3"


class TestAlgol68(KernelTests):
    __test__ = True
    kernel_name = "test-algol68"
    language_name = "algol68"
    file_extension = ".a68"
    code_hello_world = 'print("hello, world")'
    code_stderr = 'put(stand error, "problem")'
    completion_samples = (
        {"text": "WHI", "matches": {"WHILE"}},
        {"text": "BEGIN INT counter = 0; print(coun", "matches": {"counter"}},
    )
    code_generate_error = "missing"


class TestPascal(KernelTests):
    __test__ = True
    kernel_name = "test-pascal"
    language_name = "pascal"
    file_extension = ".pas"
    code_hello_world = "write('hello, world');"
    code_stderr = "writeln(stderr, 'problem');"
    completion_samples = (
        {"text": "proced", "matches": {"procedure"}},
        {"text": "var counter: integer;\nbegin coun", "matches": {"counter"}},
    )
    code_generate_error = "halt(3);"


class TestAda(KernelTests):
    __test__ = True
    kernel_name = "test-ada"
    language_name = "ada"
    file_extension = ".adb"
    code_hello_world = 'Put ("hello, world");'
    code_stderr = 'Put_Line (Standard_Error, "problem");'
    completion_samples = (
        {"text": "proced", "matches": {"procedure"}},
        {"text": "Counter : Integer;\nCoun", "matches": {"Counter"}},
    )
    code_generate_error = "Missing;"


class TestD(KernelTests):
    __test__ = True
    kernel_name = "test-d"
    language_name = "d"
    file_extension = ".d"
    code_hello_world = 'import std.stdio;\nvoid main() { writeln("hello, world"); }'
    code_stderr = 'import std.stdio;\nvoid main() { stderr.writeln("problem"); }'
    completion_samples = (
        {"text": "foreach_rev", "matches": {"foreach_reverse"}},
        {"text": "int counter; void main() { coun", "matches": {"counter"}},
    )
    code_generate_error = "int main() { return 3; }"


class TestNim(KernelTests):
    __test__ = True
    kernel_name = "test-nim"
    language_name = "nim"
    file_extension = ".nim"
    code_hello_world = 'echo "hello, world"'
    code_stderr = 'stderr.writeLine("problem")'
    completion_samples = (
        {"text": "conver", "matches": {"converter"}},
        {"text": "var counter = 0\ncoun", "matches": {"counter"}},
    )
    code_generate_error = "quit(3)"


class TestGroovy(KernelTests):
    __test__ = True
    kernel_name = "test-groovy"
    language_name = "groovy"
    file_extension = ".groovy"
    code_hello_world = 'println "hello, world"'
    code_stderr = 'System.err.println "problem"'
    completion_samples = (
        {"text": "instanc", "matches": {"instanceof"}},
        {"text": "def counter = 1\ncoun", "matches": {"counter"}},
    )
    code_generate_error = 'throw new RuntimeException("no")'
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "(1..3).collect { it * it }", "result": "[1, 4, 9]"},
    )
    code_history_pattern = "1 + 2*"
    code_display_data = ({"code": 'display("text/html", "<b>x</b>")', "mime": "text/html"},)
    code_clear_output = "clearOutput()"


class TestClojure(KernelTests):
    __test__ = True
    kernel_name = "test-clojure"
    language_name = "clojure"
    file_extension = ".clj"
    code_hello_world = '(println "hello, world")'
    code_stderr = '(binding [*out* *err*] (println "problem"))'
    completion_samples = (
        {"text": "(defproto", "matches": {"defprotocol"}},
        {"text": "(def teapot 1) (inc teap", "matches": {"teapot"}},
    )
    code_generate_error = '(throw (Exception. "no"))'
    code_execute_result = (
        {"code": "(+ 1 2 3)", "result": "6"},
        {"code": "(map inc [0 3 8])", "result": "(1 4 9)"},
        {"code": '(html "<b>x</b>")', "mime": "text/html"},
    )
    code_history_pattern = "(+ 1 2*"
    code_display_data = ({"code": '(display "text/html" "<b>x</b>")', "mime": "text/html"},)
    code_clear_output = "(clear-output)"


class TestCSharp(KernelTests):
    __test__ = True
    kernel_name = "test-csharp"
    language_name = "C#"
    file_extension = ".cs"
    code_hello_world = 'Console.WriteLine("hello, world");'
    code_stderr = 'Console.Error.WriteLine("problem");'
    completion_samples = (
        {"text": "stackal", "matches": {"stackalloc"}},
        {"text": "int counter = 1; coun", "matches": {"counter"}},
    )
    code_generate_error = "Environment.Exit(3);"


class TestScala(KernelTests):
    __test__ = True
    kernel_name = "test-scala"
    language_name = "scala"
    file_extension = ".scala"
    code_hello_world = 'println("hello, world")'
    code_stderr = 'System.err.println("problem")'
    completion_samples = (
        {"text": "overr", "matches": {"override"}},
        {"text": "val counter = 1; coun", "matches": {"counter"}},
    )
    code_generate_error = 'sys.error("no")'
    code_execute_result = (
        {"code": "1 + 2 + 3", "mime": "text/plain"},
        {"code": "Seq(1, 4, 9)", "mime": "text/plain"},
    )
    code_history_pattern = "1 + 2*"
    code_display_data = ({"code": 'display("text/html", "<b>x</b>")', "mime": "text/html"},)


class TestCoffeeScript(KernelTests):
    __test__ = True
    kernel_name = "test-coffeescript"
    language_name = "coffeescript"
    file_extension = ".coffee"
    code_hello_world = "console.log 'hello, world'"
    code_stderr = "console.error 'problem'"
    completion_samples = (
        {"text": "Math.hyp", "matches": {"hypot"}},
        {"text": "parseFl", "matches": {"parseFloat"}},
    )
    complete_code_samples = ("1", "f = (x) -> x * x", "a = [1, 2]")
    incomplete_code_samples = ("f = (x", "if yes", "[1,", 'a = """')
    invalid_code_samples = ("x = = 7", "x = )")
    code_generate_error = "throw new Error 'no'"
    code_execute_result = (
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "(n * n for n in [1..3]).reduce (a, b) -> a + b", "result": "14"},
    )
    code_history_pattern = "1 + 2*"
    code_display_data = ({"code": "display.html '<b>x</b>'", "mime": "text/html"},)
    code_inspect_sample = "parseFloat"
    code_clear_output = "clearOutput()"


class TestKotlin(KernelTests):
    __test__ = True
    kernel_name = "test-kotlin"
    language_name = "kotlin"
    file_extension = ".kt"
    code_hello_world = 'println("hello, world")'
    code_stderr = 'System.err.println("problem")'
    completion_samples = (
        {"text": "overr", "matches": {"override"}},
        {"text": "val counter = 1; coun", "matches": {"counter"}},
    )
    code_generate_error = 'error("no")'
    code_execute_result = (
        {"code": "1 + 2 + 3", "mime": "text/plain"},
        {"code": "listOf(1, 4, 9)", "mime": "text/plain"},
    )
    code_history_pattern = "1 + 2*"
    code_display_data = ({"code": 'display("text/html", "<b>x</b>")', "mime": "text/html"},)
    code_clear_output = "clearOutput()"
