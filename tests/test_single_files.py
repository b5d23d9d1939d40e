"""A single file of every language: its arguments, its stdin and its exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import require
from test_build_systems import AWKWARD, JAVA, JAVASCRIPT, SHOWN, C, run, write

from kernel_runner.languages import LANGUAGES, runner_class

# What shows each argument framed, and ends with 3.
PROGRAMS = {
    "ada": """with Ada.Text_IO, Ada.Command_Line; use Ada.Command_Line;
procedure Show is
begin
   for I in 1 .. Argument_Count loop
      Ada.Text_IO.Put ("<" & Argument (I) & ">");
   end loop;
   Ada.Text_IO.New_Line;
   Set_Exit_Status (3);
end Show;
""",
    "algol68": """BEGIN
  FOR i FROM 5 TO argc DO
    print (("<", argv (i), ">"))
  OD;
  print (newline)
END
""",
    "assembly": """        .globl main
main:   push %rbx
        push %r12
        push %r13
        mov %edi, %ebx
        lea 8(%rsi), %r12
next:   dec %ebx
        jle end
        mov $framed, %edi
        mov (%r12), %rsi
        xor %eax, %eax
        call printf
        add $8, %r12
        jmp next
end:    mov $empty, %edi
        call puts
        mov $3, %eax
        pop %r13
        pop %r12
        pop %rbx
        ret
        .data
framed: .asciz "<%s>"
empty:  .asciz ""
""",
    "awk": """BEGIN {
    for (i = 1; i < ARGC; i++) printf "<%s>", ARGV[i]
    print ""
    exit 3
}
""",
    "bash": """printf '<%s>' "$@"; echo; exit 3\n""",
    "c": C,
    "clojure": """(doseq [word *command-line-args*] (print (str "<" word ">")))
(newline)
(flush)
(System/exit 3)
""",
    "raku": """say @*ARGS.map({ "<$_>" }).join;
exit 3;
""",
    "erlang": """#!/usr/bin/env escript
%%! +fnu
main(Words) ->
    io:setopts([{encoding, unicode}]),
    io:format("~ts~n", [[["<", Word, ">"] || Word <- Words]]),
    halt(3).
""",
    "forth": """: show ( -- )
  begin next-arg dup while ." <" type ." >" repeat 2drop ;
show cr
3 (bye)
""",
    "cobol": """identification division.
program-id. show.
data division.
working-storage section.
01 many pic 99.
01 n pic 99.
01 argument pic x(20).
procedure division.
    accept many from argument-number
    perform varying n from 1 by 1 until n > many
        display n upon argument-number
        accept argument from argument-value
        display "<" function trim(argument) ">" no advancing
    end-perform
    display x"0a" no advancing
    move 3 to return-code
    stop run.
""",
    "coffeescript": """console.log ("<#{word}>" for word in process.argv[2..]).join ""
process.exit 3
""",
    "cpp": """#include <iostream>
int main(int count, char **words) {
    for (int i = 1; i < count; i++) std::cout << '<' << words[i] << '>';
    std::cout << std::endl;
    return 3;
}
""",
    "csharp": """class Show {
    static int Main(string[] words) {
        foreach (var word in words) System.Console.Write("<" + word + ">");
        System.Console.WriteLine();
        return 3;
    }
}
""",
    "d": """import std.stdio;
int main(string[] words) {
    foreach (word; words[1 .. $]) write("<", word, ">");
    writeln();
    return 3;
}
""",
    "elixir": """IO.puts(Enum.map(System.argv(), &"<#{&1}>"))
System.halt(3)
""",
    "fortran": """program show
  implicit none
  integer :: i, length
  character(len=99) :: word
  do i = 1, command_argument_count()
    call get_command_argument(i, word, length)
    write (*, '(3A)', advance='no') '<', word(:length), '>'
  end do
  print '(A)', ''
  stop 3, quiet=.true.
end program
""",
    "go": """package main

import (
	"fmt"
	"os"
)

func main() {
	for _, word := range os.Args[1:] {
		fmt.Printf("<%s>", word)
	}
	fmt.Println()
	os.Exit(3)
}
""",
    "groovy": """args.each { print "<$it>" }
println()
System.exit(3)
""",
    "haskell": """import System.Environment
import System.Exit
main = do
  arguments <- getArgs
  putStrLn (concatMap (\\word -> "<" ++ word ++ ">") arguments)
  exitWith (ExitFailure 3)
""",
    "java": JAVA,
    "julia": """foreach(word -> print("<$word>"), ARGS)
println()
exit(3)
""",
    "kotlin": """import kotlin.system.exitProcess

fun main(words: Array<String>) {
    println(words.joinToString("") { "<$it>" })
    exitProcess(3)
}
""",
    "lisp": """(dolist (word (cdr sb-ext:*posix-argv*))
  (format t "<~a>" word))
(terpri)
(sb-ext:exit :code 3)
""",
    "lua": """for _, word in ipairs(arg) do io.write("<", word, ">") end
print()
os.exit(3)
""",
    "nasm": """        global main
        extern printf, puts
        section .text
main:   push rbx
        push r12
        push r13
        mov ebx, edi
        lea r12, [rsi + 8]
next:   dec ebx
        jle end
        mov edi, framed
        mov rsi, [r12]
        xor eax, eax
        call printf
        add r12, 8
        jmp next
end:    mov edi, empty
        call puts
        mov eax, 3
        pop r13
        pop r12
        pop rbx
        ret
        section .data
framed: db "<%s>", 0
empty:  db 0
""",
    "nim": """import os
for word in commandLineParams(): stdout.write "<", word, ">"
echo ""
quit(3)
""",
    "nodejs": JAVASCRIPT,
    "objectivec": """#import <Foundation/Foundation.h>
int main(int count, char **words) {
    for (int i = 1; i < count; i++) printf("<%s>", words[i]);
    puts("");
    return 3;
}
""",
    "ocaml": """let () =
  Array.iteri (fun i word -> if i > 0 then Printf.printf "<%s>" word) Sys.argv;
  print_newline ();
  exit 3
""",
    "octave": """printf("<%s>", argv(){:});
puts("\\n");
exit(3);
""",
    "pascal": """program show;
var i: integer;
begin
  for i := 1 to paramcount do write('<', paramstr(i), '>');
  writeln;
  halt(3);
end.
""",
    "perl": """print map({"<$_>"} @ARGV), "\\n";
exit 3;
""",
    "php": """<?php
foreach (array_slice($argv, 1) as $word) echo "<$word>";
echo "\\n";
exit(3);
""",
    "prolog": """:- initialization(main).
main :- current_prolog_flag(argv, Words), forall(member(W, Words), format("<~w>", [W])),
    nl, halt(3).
""",
    "python": """import sys
print("".join(f"<{word}>" for word in sys.argv[1:]))
sys.exit(3)
""",
    "r": """cat(paste0("<", commandArgs(TRUE), ">", collapse = ""), "\\n", sep = "")
quit(status = 3)
""",
    "racket": """#lang racket/base
(for ([word (current-command-line-arguments)]) (printf "<~a>" word))
(newline)
(exit 3)
""",
    "ruby": """puts ARGV.map { |word| "<#{word}>" }.join
exit 3
""",
    "rust": """fn main() {
    for word in std::env::args().skip(1) {
        print!("<{word}>");
    }
    println!();
    std::process::exit(3)
}
""",
    "scala": """object Show {
  def main(words: Array[String]): Unit = {
    println(words.map(word => s"<$word>").mkString)
    sys.exit(3)
  }
}
""",
    "scheme": """(define (show word) (display "<") (display word) (display ">"))
(for-each show (cdr (command-line)))
(newline)
(exit 3)
""",
    "sml": """fun shown ("--script" :: _ :: words) = words | shown words = words;
val () = print (concat (map (fn word => "<" ^ word ^ ">") (shown (CommandLine.arguments ()))));
val () = print "\\n";
val () = Posix.Process.exit 0w3;
""",
    "tcl": """puts [join [lmap word $argv { string cat "<" $word ">" }] ""]
exit 3
""",
    "typescript": """const words: string[] = process.argv.slice(2);
console.log(words.map((word: string): string => `<${word}>`).join(""));
process.exit(3);
""",
    "vala": """int main (string[] args) {
    foreach (var word in args[1:args.length]) print ("<%s>", word);
    print ("\\n");
    return 3;
}
""",
    "zig": """const std = @import("std");
pub fn main(init: std.process.Init) !void {
    var words = init.minimal.args.iterate();
    _ = words.skip();
    var buffer: [999]u8 = undefined;
    var out = std.Io.File.stdout().writer(init.io, &buffer);
    while (words.next()) |word| try out.interface.print("<{s}>", .{word});
    try out.interface.print("\\n", .{});
    try out.interface.flush();
    std.process.exit(3);
}
""",
}
WITHOUT_ARGUMENTS = {"bc", "brainfuck", "gap", "git", "maxima", "pari", "sql"}
WITHOUT_EXIT_CODE = {"algol68"}


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - WITHOUT_ARGUMENTS))
def test_arguments_arrive_as_they_are(language: str, tmp_path: Path) -> None:
    require(language)
    file = tmp_path / f"a show{runner_class(language).language.suffix}"
    if language in ("ada", "d", "nim"):  # the file has a unit's name
        file = tmp_path / f"show{file.suffix}"
    write(tmp_path, {file.name: PROGRAMS[language]})
    done = run(language, file, "--", *AWKWARD)
    code = 0 if language in WITHOUT_EXIT_CODE else 3
    assert (done.stdout, done.returncode) == (f"{SHOWN}\n", code), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
