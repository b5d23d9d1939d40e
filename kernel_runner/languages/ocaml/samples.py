"""Sample programs in OCaml: cells, and what they must show."""

from kernel_runner.language import Sample

FLOOD = """\
for _ = 1 to 300 do print_endline "" done;
print_string "asleep";
Unix.sleepf 30."""

SAMPLES = {
    "hello": (Sample('print_endline "hello, world"', stdout="hello, world\n"),),
    "state": (
        Sample(
            "let price = 3\nlet twice x = 2 * x",
            result=r"val price : int = 3\nval twice : int -> int = <fun>",
        ),
        Sample("twice price", result="- : int = 6"),
    ),
    "value": (
        Sample("List.map succ [1; 2]", result=r"- : int list = \[2; 3\]"),
        Sample('let word = "tea";;\nString.length word;;', result=r"val word.*\n- : int = 3"),
        Sample("();;"),
        Sample("ignore 3"),
    ),
    "multi-line": (
        Sample(
            "module Point = struct\n  type t = { x : int; y : int }\n\n"
            "  let sum p = p.x + p.y\nend\n\n"
            'let () =\n  Printf.printf "%d\\n" (Point.sum { Point.x = 1; y = 2 })',
            stdout="3\n",
            result=r"module Point :\s(.*\n)*.*end",
        ),
    ),
    "error": (
        Sample(
            'print_endline "before";;\n\nfailwith "no"',
            stdout="before\n",
            error="Failure",
            traceback=r'(?s)Failure "no".*file "In\[\d+\]", line 3',
        ),
        Sample(
            "let f x =\n  if x > 1 then raise Not_found else x\n\nlet _ = 1 + f 5",
            result="val f : int -> int = <fun>",
            error="Not_found",
            traceback=r'(?s)Raised at f in file "In\[\d+\]", line 2.*line 4',
        ),
    ),
    "type error": (
        Sample(
            'let x =\n  1 + "a"',
            error="Error",
            traceback=r'file "In\[\d+\]", line 2|File "In\[\d+\]", line 2',
        ),
    ),
    "syntax error": (
        Sample(
            'print_endline "before"\nlet = 3',
            stdout="",
            error="SyntaxError",
            traceback=r'File "In\[\d+\]", line 2',
        ),
        Sample('"open', error="SyntaxError", traceback="not terminated"),
    ),
    "warning": (
        Sample(
            "let f = function Some x -> x",
            stderr=r'File "In\[\d+\]", line 1.*\n(.*\n)*Warning 8(.*\n)*',
            result="val f : 'a option -> 'a = <fun>",
        ),
    ),
    "stdin": (
        Sample(
            "try\n  while true do\n    let line = read_line () in\n"
            "    print_endline (line ^ line)\n  done\nwith End_of_file -> ()",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample('Scanf.scanf " %d" (fun n -> n + 1)', result="- : int = 42", answers=("41",)),
    ),
    "order": (
        Sample(
            'let () = print_string "name: "; print_endline ("Hi " ^ input_line stdin)',
            stdout="name: Hi Ada\n",
            answers=("Ada",),
        ),
        Sample(
            'print_string "a"; ignore (Unix.system "printf b"); print_string "c"; '
            'Sys.command "printf d"',
            stdout="abcd",
            result="- : int = 0",
        ),
        Sample(FLOOD, stdout=r"\n{300}asleep", error="Interrupted", interrupt=True),
    ),
    "interrupt": (
        Sample(
            'let n = ref 1;;\nprint_endline "running";;\nwhile true do incr n done',
            stdout="running\n",
            result=r"val n : int ref = .*",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("!n > 0", result="- : bool = true"),
    ),
    "unicode": (
        Sample(
            'let word = "žluťoučký 🐎 日本語";;\nprint_endline word',
            stdout="žluťoučký 🐎 日本語\n",
            result=r'val word : string =.*"žluťoučký 🐎 日本語"',
        ),
        Sample('failwith "žluť 🐎"', error="Failure", traceback="žluť 🐎"),
    ),
    "rich output": (
        Sample('ignore (Jupyter_notebook.display "text/html" "<b>x</b>")', mime="text/html"),
        Sample(
            'let picture = Jupyter_notebook.display "image/svg+xml" "<svg/>";;\n'
            'ignore (Jupyter_notebook.display ~ctx:picture "text/plain" "anew");;\n'
            "Jupyter_notebook.clear_output ()",
            result="val picture : .*",
        ),
    ),
    "exit": (
        Sample("let kept = 1;;\nexit 3", error="ExitCode", traceback="exit code 3"),
        Sample("kept", error="Error", traceback="Unbound value kept"),
    ),
    "redefinition": (
        Sample("type t = A\nlet answer () = 1", result=r"type t = A\n.*"),
        Sample("type t = B\nlet answer () = B\nmodule List = struct end", result=r"(.*\n?)*"),
        Sample("answer ()", result="- : t = B"),
    ),
    "deep recursion": (
        Sample(
            "let rec deep n = 1 + deep n;;\ndeep 1",
            result="val deep : 'a -> int = <fun>",
            error="Stack_overflow",
        ),
        Sample("1 + 1", result="- : int = 2"),
    ),
    "crash": (
        Sample(
            "Unix.kill (Unix.getpid ()) Sys.sigsegv; Unix.sleep 5",
            error="Signal",
            traceback="SIGSEGV",
        ),
        Sample("1 + 1", result="- : int = 2"),
    ),
    "comments only": (Sample("(* nothing *)\n"), Sample(""), Sample("1\x00", error="SyntaxError")),
    "closed": (
        Sample(
            "let close fd = try Unix.close (Obj.magic (fd : int)) with Unix.Unix_error _ -> ();;\n"
            "List.iter close [0; 1; 2; 3; 4]",
            result="val close : .*",
        ),
        Sample('print_endline "R 0 1"', stdout="R 0 1\n"),
    ),
}
