"""The languages, each in a folder of its own: runner, agent, samples.

Other packages add theirs through the entry point group ``kernel_runner.languages``: a name, and
``module:Class`` of a BaseRunner.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kernel_runner.runner import BaseRunner

ENTRY_POINTS = "kernel_runner.languages"

LANGUAGES = {
    "ada": "kernel_runner.languages.ada.runner:AdaRunner",
    "algol68": "kernel_runner.languages.algol68.runner:Algol68Runner",
    "assembly": "kernel_runner.languages.assembly.runner:AssemblyRunner",
    "awk": "kernel_runner.languages.awk.runner:AwkRunner",
    "bash": "kernel_runner.languages.bash.runner:BashRunner",
    "bc": "kernel_runner.languages.bc.runner:BcRunner",
    "brainfuck": "kernel_runner.languages.brainfuck.runner:BrainfuckRunner",
    "c": "kernel_runner.languages.c.runner:CRunner",
    "clojure": "kernel_runner.languages.clojure.runner:ClojureRunner",
    "cobol": "kernel_runner.languages.cobol.runner:CobolRunner",
    "coffeescript": "kernel_runner.languages.coffeescript.runner:CoffeeScriptRunner",
    "cpp": "kernel_runner.languages.cpp.runner:CppRunner",
    "csharp": "kernel_runner.languages.csharp.runner:CSharpRunner",
    "d": "kernel_runner.languages.d.runner:DRunner",
    "elixir": "kernel_runner.languages.elixir.runner:ElixirRunner",
    "erlang": "kernel_runner.languages.erlang.runner:ErlangRunner",
    "forth": "kernel_runner.languages.forth.runner:ForthRunner",
    "fortran": "kernel_runner.languages.fortran.runner:FortranRunner",
    "gap": "kernel_runner.languages.gap.runner:GapRunner",
    "git": "kernel_runner.languages.git.runner:GitRunner",
    "go": "kernel_runner.languages.go.runner:GoRunner",
    "groovy": "kernel_runner.languages.groovy.runner:GroovyRunner",
    "haskell": "kernel_runner.languages.haskell.runner:HaskellRunner",
    "java": "kernel_runner.languages.java.runner:JavaRunner",
    "julia": "kernel_runner.languages.julia.runner:JuliaRunner",
    "kotlin": "kernel_runner.languages.kotlin.runner:KotlinRunner",
    "lisp": "kernel_runner.languages.lisp.runner:LispRunner",
    "lua": "kernel_runner.languages.lua.runner:LuaRunner",
    "maxima": "kernel_runner.languages.maxima.runner:MaximaRunner",
    "nasm": "kernel_runner.languages.nasm.runner:NasmRunner",
    "nim": "kernel_runner.languages.nim.runner:NimRunner",
    "nodejs": "kernel_runner.languages.nodejs.runner:NodeRunner",
    "objectivec": "kernel_runner.languages.objectivec.runner:ObjectiveCRunner",
    "ocaml": "kernel_runner.languages.ocaml.runner:OCamlRunner",
    "octave": "kernel_runner.languages.octave.runner:OctaveRunner",
    "pari": "kernel_runner.languages.pari.runner:PariRunner",
    "pascal": "kernel_runner.languages.pascal.runner:PascalRunner",
    "perl": "kernel_runner.languages.perl.runner:PerlRunner",
    "php": "kernel_runner.languages.php.runner:PhpRunner",
    "prolog": "kernel_runner.languages.prolog.runner:PrologRunner",
    "python": "kernel_runner.languages.python.runner:PythonRunner",
    "r": "kernel_runner.languages.r.runner:RRunner",
    "racket": "kernel_runner.languages.racket.runner:RacketRunner",
    "raku": "kernel_runner.languages.raku.runner:RakuRunner",
    "ruby": "kernel_runner.languages.ruby.runner:RubyRunner",
    "rust": "kernel_runner.languages.rust.runner:RustRunner",
    "scala": "kernel_runner.languages.scala.runner:ScalaRunner",
    "scheme": "kernel_runner.languages.scheme.runner:SchemeRunner",
    "sml": "kernel_runner.languages.sml.runner:SmlRunner",
    "sql": "kernel_runner.languages.sql.runner:SqlRunner",
    "tcl": "kernel_runner.languages.tcl.runner:TclRunner",
    "typescript": "kernel_runner.languages.typescript.runner:TypeScriptRunner",
    "vala": "kernel_runner.languages.vala.runner:ValaRunner",
    "zig": "kernel_runner.languages.zig.runner:ZigRunner",
}


class UnknownLanguage(Exception):
    """There is no such language here; the message names those that there are."""


def all_languages() -> dict[str, str]:
    """Name to ``module:Class``, those of other packages included."""
    from importlib.metadata import entry_points

    others = {entry.name: entry.value for entry in entry_points(group=ENTRY_POINTS)}
    return dict(sorted({**others, **LANGUAGES}.items()))


def runner_class(name: str) -> type[BaseRunner]:
    """The runner of a language. Raises UnknownLanguage."""
    target = LANGUAGES.get(name) or all_languages().get(name)
    if target is None:
        known = ", ".join(all_languages())
        raise UnknownLanguage(f"There is no language {name!r}; there are {known}.")
    module, _, class_name = target.partition(":")
    class_: type[BaseRunner] = getattr(importlib.import_module(module), class_name)
    return class_
