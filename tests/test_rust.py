"""Rust cells: a tour of the language, and cells that do their worst."""

from __future__ import annotations

import re
from pathlib import Path

from client import Exchange, fails, plain
from conftest import Start

# Cells in order, of one session: what each gives as its result, or prints where that begins
# with >; None: nothing at all; an error's name where that begins with !, a sentence on stderr
# where that begins with ~ (and then what it gives, after a |).
TOUR = (
    ("let x = 3;\nlet mut y = x + 1;", None),
    ("x + y", "7"),
    ("y += 38;\ny", "42"),
    ("x = 4;", "!BuildFailed"),
    ("let x = x * 2;\nx", "6"),
    ('let x = "text";', None),
    ("x.len()", "4"),
    ('println!("{x} {y:>4}");', ">text   42\n"),
    # Values.
    ("1u128 << 100", "1267650600228229401496703205376"),
    ("(1.0_f32 / 3.0, f64::NAN, -0.0)", "(0.33333334, NaN, -0.0)"),
    ("'ř'", "'ř'"),
    ('"a\\n\\"b\\""', '"a\\n\\"b\\""'),
    ('String::from("owned")', '"owned"'),
    ("Some(Ok::<i32, String>(1))", "Some(Ok(1))"),
    ("[[1, 2], [3, 4]]", "[[1, 2], [3, 4]]"),
    ("&[1, 2, 3][1..]", "[2, 3]"),
    ("..=5", "..=5"),
    ("if y > 1 { 'a' } else { 'b' }", "'a'"),
    ("match y { 0 => 0, n if n > 40 => n - 40, _ => 1 }", "2"),
    ("{ let inner = 20; inner + 22 }", "42"),
    ("let loops = loop { break 7; };\nloops", "7"),
    ("'outer: for i in 0.. { for j in 0..i { if i * j > 50 { print!(\"{i},{j}\"); "
     "break 'outer; } } }", ">8,7"),
    ("y as u8 as char", "'*'"),
    ("std::f64::consts::PI.sin().abs() < 1e-10", "true"),
    ("struct Plain;\nPlain", "<Plain>"),
    ('std::fmt::Arguments::as_str(&format_args!("only"))', 'Some("only")'),
    # Patterns.
    ("let (a, mut b, [first, .., last]) = (1u8, 2.5, [7, 8, 9]);", None),
    ("b += 1.0;\n(a, b, first, last)", "(1, 3.5, 7, 9)"),
    ("let Some(inside) = Some(5) else { panic!() };\ninside", "5"),
    ("let late;\nlate = vec![1];\nlate", "[1]"),
    # Items.
    ('const LIMIT: usize = 3;\nstatic NAME: &str = "n";\n'
     "static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(5);", None),
    ("COUNT.fetch_add(LIMIT as u32, std::sync::atomic::Ordering::SeqCst)", "5"),
    ("(COUNT.load(std::sync::atomic::Ordering::SeqCst), NAME)", '(8, "n")'),
    ("use std::cell::RefCell;\n"
     "thread_local! { static OWN: RefCell<i32> = RefCell::new(1); }", None),
    ("OWN.with(|own| { *own.borrow_mut() += 1; *own.borrow() })", "2"),
    ("fn area(w: f64, h: f64) -> f64 { w * h }\narea(2.0, 4.5)", "9.0"),
    ("fn largest<T: PartialOrd + Copy>(list: &[T]) -> T {\n"
     "    list.iter().copied().fold(list[0], |a, b| if b > a { b } else { a })\n}\n"
     "(largest(&[1, 5, 2]), largest(&[0.5]))", "(5, 0.5)"),
    ("mod shapes {\n    pub fn double(n: i32) -> i32 { super::helper(n) * 2 }\n"
     "    pub mod deep { pub const D: i32 = 4; }\n}\nfn helper(n: i32) -> i32 { n + 1 }", None),
    ("shapes::double(20) + shapes::deep::D", "46"),
    ("use shapes::deep::D as DEEP;\nDEEP", "4"),
    ("DEEP + 1", "5"),
    ("type Pair = (i32, i32);\nlet pair: Pair = (1, 2);\npair", "(1, 2)"),
    # Types, and what is added to them later.
    ("#[derive(Debug, Clone, PartialEq)]\nstruct Point { x: i32, y: i32 }\n"
     "impl Point { fn sum(&self) -> i32 { self.x + self.y } }\n"
     "let mut p = Point { x: 1, y: 2 };", None),
    ("p.x = 10;\np.sum()", "12"),
    ("impl Point { fn product(&self) -> i32 { self.x * self.y } }\np.product()", "20"),
    ("p.sum() + p.product()", "32"),
    ("impl std::ops::Add for Point {\n    type Output = Point;\n"
     "    fn add(self, o: Point) -> Point { Point { x: self.x + o.x, y: self.y + "
     "o.y } }\n}\np.clone() + p.clone()", "Point { x: 20, y: 4 }"),
    ("p", "Point { x: 10, y: 2 }"),
    ("struct Wrapper(Vec<Point>);\nlet w = Wrapper(vec![p.clone()]);\nw.0.len()", "1"),
    ("impl std::fmt::Display for Wrapper {\n"
     "    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { "
     'write!(f, "wraps {}", self.0.len()) }\n}\nw', "wraps 1"),
    ("enum Shape { Circle(f64), Square { side: f64 }, Empty }\nuse Shape::*;\n"
     "let shapes_list = vec![Circle(1.0), Square { side: 2.0 }, Empty];", None),
    ("fn size(s: &Shape) -> f64 { match s { Shape::Circle(r) => 3.0 * r * r, "
     "Shape::Square { side } => side * side, Shape::Empty => 0.0 } }\n"
     "shapes_list.iter().map(size).sum::<f64>()", "7.0"),
    ("union Bits { f: f32, u: u32 }\nunsafe { Bits { f: 1.0 }.u }", "1065353216"),
    ("trait Speak { fn name(&self) -> String; fn speak(&self) -> String { "
     'format!("I am {}", self.name()) } }\n'
     'impl Speak for Point { fn name(&self) -> String { "a point".into() } }\np.speak()',
     '"I am a point"'),
    ("impl Speak for i32 { fn name(&self) -> String { self.to_string() } }\n5.speak()",
     '"I am 5"'),
    ("let all: Vec<Box<dyn Speak>> = vec![Box::new(p.clone()), Box::new(7)];", None),
    ("all.iter().map(|s| s.speak()).collect::<Vec<_>>()", '["I am a point", "I am 7"]'),
    ("struct Stack<T> { items: Vec<T> }\n"
     "impl<T> Stack<T> { fn new() -> Self { Stack { items: vec![] } }\n"
     "    fn push(&mut self, t: T) -> &mut Self { self.items.push(t); self } }\n"
     "let mut stack = Stack::new();\nstack.push(1u16).push(2);", None),
    ("stack.push(3).items.len()", "3"),
    ("struct Matrix<const R: usize, const C: usize>([[i32; C]; R]);\n"
     "let m = Matrix([[1, 2, 3], [4, 5, 6]]);\nm.0[1][2]", "6"),
    ("m.0.len()", "2"),
    ("struct Noisy(&'static str);\n"
     'impl Drop for Noisy { fn drop(&mut self) { println!("drop {}", self.0); } }\n'
     'let noisy = Noisy("one");', None),
    ("drop(noisy);", ">drop one\n"),
    ("noisy", "!BuildFailed"),
    ('let noisy = Noisy("two");', None),
    ("let noisy = 1;", ">drop two\n"),
    # What is redefined.
    ("fn base() -> i32 { 1 }\nfn caller() -> i32 { base() + 1 }\ncaller()", "2"),
    ("fn base() -> i32 { 41 }", None),
    ("caller()", "42"),
    ("fn base() -> &'static str { \"no number\" }", "~`caller` of In["),
    ("(base(), caller())", '("no number", 42)'),
    ("#[derive(Debug)]\nstruct Point { name: String }", "~the type is another now"),
    ('Point { name: "new".into() }', 'Point { name: "new" }'),
    ("p.x", "10"),
    ("const SIZE: usize = 2;\nstruct Sized([u8; SIZE]);\nlet sized = Sized([0; SIZE]);", None),
    ("const SIZE: usize = 3;", "~the type is another now"),
    ("(sized.0.len(), Sized([0; 3]).0.len())", "(2, 3)"),
    # The same cell twice.
    ("#[derive(Debug)]\nstruct Twice(i32);\nimpl Twice { fn get(&self) -> i32 { self.0 } }\n"
     "impl Speak for Twice { fn name(&self) -> String { String::from(\"twice\") } }\n"
     "let twice = Twice(3);", None),
    ("#[derive(Debug)]\nstruct Twice(i32);\nimpl Twice { fn get(&self) -> i32 { self.0 } }\n"
     "impl Speak for Twice { fn name(&self) -> String { String::from(\"two\") } }\n"
     "let again = Twice(4);", None),
    ("(twice.get() + again.get(), twice.speak())", '(7, "I am two")'),
    ("impl Twice { fn get(&self) -> i32 { 10 * self.0 } }\ntwice.get()", "30"),
    # Macros.
    ("macro_rules! square { ($e:expr) => { { let t = $e; t * t } } }\nsquare!(3 + 1)", "16"),
    ("square!(y)", "1764"),
    ("macro_rules! call_helper { ($e:expr) => { helper($e) } }", None),
    ("call_helper!(1)", "2"),
    ("macro_rules! make { ($n:ident) => { fn $n() -> i32 { 9 } } }\nmake!(made);\nmade()", "9"),
    # Standard types as variables.
    ("use std::collections::*;\n"
     "let mut map: HashMap<String, Vec<i32>> = HashMap::new();\n"
     "let set: BTreeSet<_> = [3, 1, 2].into_iter().collect();\n"
     "let queue = VecDeque::from(vec![1]);\nlet heap = BinaryHeap::from([1, 9]);", None),
    ('map.entry("k".into()).or_default().push(1);\nmap', '{"k": [1]}'),
    ("(set.first(), queue.front(), heap.peek())", "(Some(1), Some(1), Some(9))"),
    ("use std::rc::Rc;\nuse std::sync::{Arc, Mutex, RwLock, mpsc};\n"
     "let shared = Rc::new(RefCell::new(1));\n"
     "let locked = Arc::new(Mutex::new(vec![1]));\nlet rw = RwLock::new(1);\n"
     "let (tx, rx) = mpsc::channel::<i32>();", None),
    ("*shared.borrow_mut() += 1;\nlocked.lock().unwrap().push(2);\n"
     "(shared, locked.lock().unwrap().len())", "(RefCell { value: 2 }, 2)"),
    ("let t = tx.clone();\n"
     "std::thread::spawn(move || t.send(5).unwrap()).join().unwrap();\nrx.recv()", "Ok(5)"),
    ("let began = std::time::Instant::now();\n"
     "let wait = std::time::Duration::from_millis(1);\n"
     'let path = std::path::PathBuf::from("/tmp");\nlet chars = "ab".chars();\n'
     "let range = 0..3;", None),
    ("(began.elapsed() > wait, path, chars.count(), range.len())", '(true, "/tmp", 2, 3)'),
    ("let boxed: Box<dyn Fn(i32) -> i32> = Box::new(move |n| n + y);\nboxed(0)", "42"),
    ("boxed(1)", "43"),
    ("let pointer: fn(f64, f64) -> f64 = area;\npointer(1.0, 2.0)", "2.0"),
    ("pointer(2.0, 2.0)", "4.0"),
    ("struct Borrowing<'a>(&'a str);\nlet borrowing = Borrowing(\"static\");", None),
    ("borrowing.0", '"static"'),
    ("let sent: Box<dyn Fn(i32) -> i32 + Send> = Box::new(|n| n);\nsent(1)", "1"),
    ("sent(2)", "2"),
    ("let sum: Option<Result<(u8, [i64; 2]), Box<dyn std::error::Error>>> = None;", None),
    ("sum.is_none()", "true"),
    # What cannot be kept, and says so.
    ("let local = { struct Inner; Inner };", "~declared in a block"),
    ("let plain = area;\nplain(1.0, 2.0)", "~`plain` is not kept|2.0"),
    ("let closure = |n: i32| n + 1;\nclosure(1)", "~`closure` is not kept|2"),
    ("closure(1)", "!BuildFailed"),
    ("let owner = vec![1, 2, 3];\nlet part = &owner[1..];\nlet it = owner.iter();\n"
     "part.len()", "~`part` is not kept|2"),
    ("owner", "[1, 2, 3]"),
    ("part", "!BuildFailed"),
    ("let moved = owner;\nmoved.len()", "3"),
    ("owner", "!BuildFailed"),
    ("let evens = (0..).filter(|n| n % 2 == 0);", "~`evens` is not kept"),
    # Errors.
    ('let parsed: i32 = "42".parse()?;\nparsed', "42"),
    ('let parsed: i32 = "4x".parse()?;', "!ParseIntError"),
    ("parsed", "42"),
    ('Err("just text")?', "!Error"),
    ("#[derive(Debug)]\nenum Trouble { Deep(i32) }\n"
     "fn fails() -> Result<i32, Trouble> { Err(Trouble::Deep(3)) }", None),
    ("fails()?", "!Trouble"),
    ('std::fs::read("/nonexistent")?', "!Error"),
    ("None::<i32>.unwrap()", "!panic"),
    ("let big = i32::MAX;", None),
    ("big + 1", "!panic"),
    ("let big = i32::MAX;\nbig + 1", "!BuildFailed"),
    ('std::panic::catch_unwind(|| panic!("caught")).is_err()', "~caught|true"),
    ("y", "42"),
    # Futures, without a dependency.
    ("async fn soon(n: i32) -> i32 { n * 2 }\nsoon(21).await", "42"),
    ("let future = soon(1);", "~`future` is not kept"),
    # Cells that are awkward to split.
    ("let a = 1; let b = 2; a + b", "3"),
    ("// only a comment at the end\ny // here\n/* and here */", "42"),
    ("#[allow(dead_code)]\n#[inline]\nfn attributed() -> i32 { 6 }\n/// Documented.\n"
     "struct Doc { /** a */ a: i32 }\nattributed() + Doc { a: 1 }.a", "7"),
    ("y\n    .to_string()\n    .len()", "2"),
    ('r#"raw "text""#', '"raw \\"text\\""'),
    ("let r#type = 5;\nr#type + 1", "6"),
    ("r#type += 1;", "!BuildFailed"),
    ("r#type", "5"),
    ("let größe = 1;\ngröße", "1"),
    ("vec![1, 2, 3]\n    .into_iter()\n    .map(|x| {\n        x * 2\n    })\n"
     "    .collect::<Vec<i32>>()", "[2, 4, 6]"),
    ("return;", "!BuildFailed"),
    ("assert_eq!(1, 1);", None),
    ('extern "C" { fn getpid() -> i32; }\nunsafe { getpid() } > 1', "true"),
    ("unsafe { getpid() } > 1", "true"),
    ('fn main() { println!("a program of its own"); }', ">a program of its own\n"),
)  # fmt: skip


def test_a_tour_of_rust(start: Start) -> None:
    client = start("rust").client
    for code, expected in TOUR:
        check(client.cell(code), expected)


def check(cell: Exchange, expected: str | None) -> None:
    """Compare a cell with its line in the table."""
    expected = expected or ""
    said = ""
    if expected.startswith("~"):
        said, _, expected = expected[1:].partition("|")
    assert said in cell.stderr if said else cell.stderr == "" or expected[:1] == "!", cell
    if expected.startswith("!"):
        assert cell.error.get("ename") == expected[1:], cell
        return
    assert cell.status == "ok", cell
    assert cell.stdout == (expected[1:] if expected.startswith(">") else ""), cell
    assert (cell.text or "") == ("" if expected.startswith(">") else expected), cell


def test_messages_name_the_cell_and_quote_it(start: Start) -> None:
    client = start("rust").client
    text = fails(client, "let fine: i32 = 1;\nlet more = 2; let bad: u8 = fine;")
    assert "In[1]:2:29" in text and "let more = 2; let bad: u8 = fine;" in text
    assert "struct A { x: Missing }" in fails(client, "struct A { x: Missing }")
    client.cell(
        'fn half(n: i32) -> i32 {\n    if n == 3 { panic!("no half of {n}") }\n    n / 2\n}'
    )
    text = fails(client, "\nhalf(3)")
    assert re.search(r"In\[3\]:2, in half\n.*\nIn\[4\]:2, in the cell\n", text)
    client.cell("let fixed = vec![1];\nlet given = vec![1];\ndrop(given);")
    assert "`fixed` was declared without `mut` in In[5]" in fails(client, "fixed.push(1);")
    assert "`given` is not there any more: it was moved away in In[5]" in fails(client, "given")
    for code in ("fn f( {", "}", "} fn g() {", '"open', "missing!()", "use nowhere::thing;\n1"):
        text = fails(client, code)
        assert "In[" in text and "kernel_runner" not in text, text
    warned = client.cell('std::fs::remove_file("x");\nlet unused = 1;')
    assert "In[14]:1:1" in plain(warned.stderr) and "unused = 1" not in plain(warned.stderr)


WORST = (
    ("for fd in 0..2000 { unsafe { close(fd); } }", None),
    ('if unsafe { fork() } == 0 { println!("child"); }', None),
    ('std::env::set_current_dir("/")?;', None),
    ("loop { deep += 1; }", "Interrupted"),
    ("loop { std::thread::sleep(std::time::Duration::from_secs(9)); }", "Interrupted"),
    ("std::process::exit(4);", "ExitCode"),
    ("std::process::abort();", "Signal"),
    ("unsafe { kill(std::process::id() as i32, 9); }", "Signal"),
    ("unsafe { *(far as *mut i32) = 1; }", "Signal"),
    ("fn deeper(n: u64) -> u64 { 1 + deeper(n + 1) }\ndeeper(1);", "Signal"),
    ('use std::os::unix::process::CommandExt;\nstd::process::Command::new("true").exec();', None),
    ("use std::{thread, time::Duration};\n"
     "thread::spawn(|| loop { thread::sleep(Duration::from_secs(1)) });", None),
    ('std::thread::spawn(|| panic!("elsewhere")).join().is_err();', None),
    ("std::panic::set_hook(Box::new(|_| {}));\npanic!(\"hushed\");", "panic"),
    ("struct D;\nimpl Drop for D { fn drop(&mut self) { panic!(\"twice\") } }\n"
     "let d = D;\npanic!(\"once\");", "panic"),
    ("let list: Vec<u64> = Vec::with_capacity(1 << 60);", "panic"),
    ('pub extern "C" fn kernel_runner_display() {}\nfn main_() {}', None),
    ("let gone = state;", None),
)  # fmt: skip


def test_cells_that_do_their_worst_leave_the_state(start: Start) -> None:
    client = start("rust").client
    client.cell(
        'extern "C" {\n    fn close(fd: i32) -> i32;\n    fn fork() -> i32;\n'
        "    fn kill(process: i32, signal: i32) -> i32;\n}\n"
        "let mut deep: u64 = 1;\nlet far = 64usize;\nlet mut state = 1;"
    )
    for number, (code, error) in enumerate(WORST):
        running = client.execute(code)
        if error == "Interrupted":
            client.interrupt()
        cell = client.finish(running)
        assert cell.error.get("ename") == error, cell
        assert client.cell("state += 1;\nstate - 1").text == str(number + 1), code
        printed = client.cell('println!("{}", state);')
        assert printed.stdout == f"{number + 2}\n", (code, printed)


def test_variables_and_types_are_shown(start: Start) -> None:
    client = start("rust").client
    assert client.cell(":vars").stdout == ""
    client.cell(
        "struct P(i32);\nlet x = 1u8;\nlet p = P(2);\nlet v = vec![Some(1.5)];\nlet u = ();"
    )
    lines = client.cell("%vars").stdout.splitlines()
    assert [line.split(maxsplit=2) for line in lines] == [
        ["x", "u8", "1"],
        ["p", "P", "<P>"],
        ["v", "Vec<Option<f64>>", "[Some(1.5)]"],
        ["u", "()", "()"],
    ]
    assert client.cell(":type v").stdout == "Vec<Option<f64>>\n"
    values = client.cell("", user_expressions={"it": "x", "bad": "nope"}).content
    assert values["user_expressions"]["it"]["data"]["text/plain"] == "1"
    assert values["user_expressions"]["bad"]["status"] == "error"
    assert "no command :nope" in client.cell(":nope").stdout
    inspected = client.ask("inspect_request", {"code": "p + 1", "cursor_pos": 1})
    assert "let p: P" in str(inspected.content)
    client.cell(":clear")
    assert "cannot find value `x`" in fails(client, "x")


def test_a_dependency_is_built_once(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "shapes"
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text('[package]\nname = "my-shapes"\nversion = "0.1.0"\n')
    (folder / "src" / "lib.rs").write_text(
        "mod inner {\n    #[derive(Debug, Clone)]\n    pub struct Square(pub i32);\n}\n"
        "pub use inner::Square;\n"
        "impl Square { pub fn area(&self) -> i32 { self.0 * self.0 } }\n"
    )
    kernel = start("rust")
    dependency = f':dep my-shapes = {{ path = "{folder}" }}'
    first = kernel.client.cell(f"{dependency}\nlet s = my_shapes::Square(5);\ns.area()")
    assert first.text == "25" and "Compiling my-shapes" in plain(first.stderr)
    used = "use my_shapes::Square;\nfn of(s: &Square) -> i32 { s.0 }\nof(&s)"
    assert kernel.client.cell(used).text == "5"
    assert kernel.client.cell("s").text == "Square(5)"
    second = start("rust").client
    assert second.cell(f"{dependency}\nmy_shapes::Square(2).area()").text == "4"
    assert second.cell(":dep broken!").error["ename"] == "UsageError"


def test_a_restart_needs_no_compiler(start: Start) -> None:
    cells = ("let x = 20;", "fn twice(n: i32) -> i32 { 2 * n }", "twice(x) + 2")
    kernel = start("rust")
    for _ in range(2):
        results = [kernel.client.cell(code) for code in cells]
        assert results[-1].text == "42"
        kernel.restart()
    assert [kernel.client.cell(code).receipt["cache_hit"] for code in cells] == [True] * 3


def test_large_and_strange_cells(start: Start) -> None:
    client = start("rust").client
    client.cell("let kept = 1;")
    lines = "\n".join(f"let v{index} = {index};" for index in range(300))
    assert client.cell(f"{lines}\nv0 + v299").text == "299"
    assert client.cell("v7 + kept").text == "8"
    assert client.cell('let text = "' + "x" * (1 << 20) + '";\ntext.len()').text == str(1 << 20)
    assert client.cell("let nul = 1;\0").status == "error"
    assert client.cell("kept").text == "1"
