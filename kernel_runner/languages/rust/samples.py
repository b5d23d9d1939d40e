"""Sample programs in Rust: cells, and what they must show."""

from kernel_runner.language import Sample

KEPT = "all variables are as they were"
TABLE = """\
struct Table(Vec<i32>);
impl Table {
    fn evcxr_display(&self) {
        let rows: String = self.0.iter().map(|n| format!("<tr><td>{n}</td></tr>")).collect();
        println!("EVCXR_BEGIN_CONTENT text/html\\n<table>{rows}</table>\\nEVCXR_END_CONTENT");
    }
}
Table(vec![1, 2])"""
STDIN = """\
let mut line = String::new();
while std::io::stdin().read_line(&mut line)? > 0 {
    println!("{0}{0}", line.trim());
    line.clear();
}"""
ENDLESS = """\
count += 1;
println!("running");
loop {
    count += 1;
}"""
DEEP = """\
fn down(n: u64) -> u64 {
    if n == u64::MAX { 0 } else { 1 + down(n + 1) }
}
down(count)"""

SAMPLES = {
    "hello": (Sample('println!("hello, world");', stdout="hello, world\n"),),
    "state": (
        Sample("let mut n = 6;\nfn twice(n: i32) -> i32 { 2 * n }\nconst SEVEN: i32 = 7;"),
        Sample("n += 1;"),
        Sample("twice(n) * SEVEN - 56", result="42"),
    ),
    "value": (
        Sample("(6 * 7, vec![Some(1.5)], 'x')", result=r"\(42, \[Some\(1\.5\)\], 'x'\)"),
        Sample("let silent = 1;"),
        Sample("()"),
        Sample('if silent == 1 { "one" } else { "more" }', result='"one"'),
        Sample("struct Bare;\nBare", result="<Bare>"),
    ),
    "comments only": (Sample("// nothing\n\n/* at\nall */"), Sample("")),
    "error": (
        Sample("let before = 1;"),
        Sample(
            'let number: i32 = "12x".parse()?;\nnumber',
            error="ParseIntError",
            traceback=f"invalid digit found in string.*{KEPT}",
        ),
        Sample(
            "let list: Vec<i32> = vec![];\nlet index = 3;\nlist[index] + before",
            error="panic",
            traceback=rf"index is 3 at In\[\d+\]:3.*{KEPT}",
        ),
        Sample("before", result="1"),
    ),
    "syntax error": (
        Sample(
            'println!("not run");\nlet x = = 2;',
            stdout="",
            error="BuildFailed",
            traceback=r"In\[\d+\]:2:9",
        ),
    ),
    "type error": (
        Sample(
            'let length: i32 = "four";',
            error="BuildFailed",
            traceback=r'(?s)In\[\d+\]:1:19.*let length: i32 = "four";.*expected `i32`',
        ),
    ),
    "stdin": (Sample(STDIN, stdout="oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample("let mut count: u64 = 41;"),
        Sample(
            ENDLESS,
            stdout="running\n",
            error="Interrupted",
            traceback=KEPT,
            interrupt=True,
        ),
        Sample("count + 1", result="42"),
    ),
    "unicode": (
        Sample(
            'let größe = "žluťoučký 🐎 日本語";\nprintln!("{größe}");\ngröße.chars().count()',
            stdout="žluťoučký 🐎 日本語\n",
            result="15",
        ),
        Sample('panic!("příliš 🐎")', error="panic", traceback="příliš 🐎"),
    ),
    "rich output": (
        Sample(TABLE, result="<Table>", mime="text/html"),
        Sample('kernel_runner::display("text/markdown", "*hello*");', mime="text/markdown"),
    ),
    "exit": (
        Sample('let kept = 1;\nlet text = String::from("kept");'),
        Sample("std::process::exit(kept + 2)", error="ExitCode", traceback=f"exit code 3: {KEPT}"),
        Sample("text", result='"kept"'),
    ),
    "crash": (
        Sample("let whole = vec![1, 2, 3];"),
        Sample(
            'print!("before ");\nlet nowhere = whole.len() * 64;\n'
            "unsafe { *(nowhere as *mut i32) = 1 };",
            stdout="before ",
            error="Signal",
            traceback=rf"(?s)In\[\d+\]:3, in the cell.*SIGSEGV.*{KEPT}",
        ),
        Sample("std::process::abort()", error="Signal", traceback="SIGABRT"),
        Sample("whole", result=r"\[1, 2, 3\]"),
    ),
    "redefinition": (
        Sample("fn answer() -> i32 { 1 }\nfn twice() -> i32 { 2 * answer() }\nlet kept = 1;"),
        Sample('fn answer() -> i32 { 21 }\nlet kept = "text";'),
        Sample("(twice(), kept)", result=r'\(42, "text"\)'),
    ),
    "deep recursion": (
        Sample("let count: u64 = 0;"),
        Sample(DEEP, error="Signal", traceback=r"(?s)In\[\d+\]:2, in down.*SIGSEGV"),
        Sample("count", result="0"),
    ),
}
