"""Assembly in GNU's syntax: each cell is a whole program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.assembly.samples import SAMPLES
from kernel_runner.native.cache import Built
from kernel_runner.program_runner import ProgramRunner

# Directives, and what x86-64 is mostly written in.
KEYWORDS = (
    "align ascii asciz att_syntax balign bss byte cfi_endproc cfi_startproc data double endif "
    "endm equ extern fill float global globl include int intel_syntax local long macro noprefix "
    "octa org quad rept section set short size skip space string text type word zero add addsd "
    "and call cmp cvtsi2sd cvttsd2si dec div divsd idiv imul inc jae jbe je jg jge jl jle jmp jne "
    "jns jnz js jz lea leave loop mov movabs movapd movaps movb movl movq movsd movss movsx movzx "
    "mul mulsd neg nop not or pop push rep ret sal sar sete setg setl setne shl shr sub subsd "
    "syscall test xchg xor eax ebx ecx edx esi edi ebp esp rax rbx rcx rdx rsi rdi rbp rsp rip r8 "
    "r9 r10 r11 r12 r13 r14 r15 xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7"
)
PREPROCESSED = re.compile(r"^#(?:include|define|if|ifdef|ifndef|undef|error)\b", re.MULTILINE)
START = re.compile(r"^[ \t]*_start[ \t]*:", re.MULTILINE)


LINKER = Toolchain((("gcc",),), debian="gcc libc6-dev")


class AssemblyRunner(ProgramRunner):
    """Defines main, or _start; a cell that does neither is put into main, on x86-64."""

    language = Language(
        "assembly",
        "Assembly (GNU)",
        suffix=".s",
        mimetype="text/x-gas",
        comment="#",
        codemirror_mode={"name": "gas", "architecture": "x86"},
        pygments_lexer="gas",
    )
    toolchain = LINKER
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), openers=(":",), letters=".", spans=("*/",))
    samples = SAMPLES
    program_pattern = r"(?m)^\s*(?:main|_start)\s*:"
    program_around = (
        '.text; .globl main; main: push %rbp; mov %rsp, %rbp\n# 1 "{cell}"\n',
        "\n.text; .att_syntax; xor %eax, %eax; leave; ret",
    )
    more_suffixes: ClassVar[tuple[str, ...]] = (".S",)
    compile_arguments = ("{flags}", "{sources}", "-o", "{program}", "{libraries}")
    colour_flags = ()

    # Addresses of 32 bits, as most texts about assembly use them, need a program without -pie.
    flags = List(Unicode(), ["-no-pie", "-g", "-Wa,--noexecstack"]).tag(config=True)

    def source_file(self, source: str) -> str:
        """By its name gcc tells whether a source goes through C's preprocessor first."""
        return f"{self.cell_name}.{'S' if PREPROCESSED.search(source) else 's'}"

    async def compile_cell(
        self, code: str, flags: Sequence[str], libraries: Sequence[str]
    ) -> Built:
        """The cell's program, from the cache where it is there. Raises CompileError."""
        return await super().compile_cell(code, [*entry_flags([code]), *flags], libraries)

    def batch_flags(self) -> list[str]:
        """The switches for a build, with those that its sources ask for."""
        paths = (Path(self.cwd, name) for name in self.project_sources())
        texts = (path.read_text(encoding="utf-8", errors="replace") for path in paths)
        return [*entry_flags(texts), *super().batch_flags()]


def entry_flags(texts: Iterable[str]) -> list[str]:
    """What has gcc leave out its own _start, where one of these texts defines it."""
    return ["-nostartfiles"] if any(START.search(text) for text in texts) else []
