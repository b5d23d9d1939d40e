"""NASM: each cell is a whole program, for x86-64."""

from __future__ import annotations

from pathlib import Path

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.assembly.runner import LINKER, AssemblyRunner
from kernel_runner.languages.nasm.samples import SAMPLES
from kernel_runner.runner import ToolchainMissing, folder_of

KEYWORDS = (
    "align bits byte common db dd default dq dup dw dword equ extern global incbin istruc oword "
    "qword rel resb resd resq resw section struc tword times word add addsd and call cmp cvtsi2sd "
    "cvttsd2si dec div divsd idiv imul inc jae jbe je jg jge jl jle jmp jne jns jnz js jz lea "
    "leave loop mov movapd movaps movsd movss movsx movsxd movzx mul mulsd neg nop not or pop push "
    "rep ret sal sar sete setg setl setne shl shr sub subsd syscall test xchg xor eax ebx ecx edx "
    "esi edi ebp esp rax rbx rcx rdx rsi rdi rbp rsp rip r8 r9 r10 r11 r12 r13 r14 r15 xmm0 xmm1 "
    "xmm2 xmm3 xmm4 xmm5 xmm6 xmm7"
)


class NasmRunner(AssemblyRunner):
    """Has gcc call NASM, as it calls its own assembler, and link what comes of it."""

    language = Language(
        "nasm",
        "Assembly (NASM)",
        suffix=".asm",
        mimetype="text/x-nasm",
        comment=";",
        codemirror_mode="z80",  # CodeMirror has no NASM; this has its comments, and gas has not
        pygments_lexer="nasm",
    )
    toolchain = Toolchain((("nasm",),), debian="nasm gcc libc6-dev", version=("-v",))
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), openers=(":",), letters=".", quotes=())
    samples = SAMPLES
    program_around = (
        "section .text\nglobal main\nmain: push rbp\nmov rbp, rsp\n%line 0+1 {cell}\n",
        "\nsection .text\nxor eax, eax\nleave\nret",
    )
    more_suffixes = ()

    flags = List(Unicode(), ["-no-pie", "-g", "-Wl,-z,noexecstack"]).tag(config=True)

    def command(self) -> list[str]:
        """Gcc's command, with what makes it call NASM. Raises SpawnError."""
        nasm, gcc = super().command()[0], LINKER.find()
        if gcc is None:
            raise ToolchainMissing(LINKER.missing(self.language.display_name))
        return [*gcc, f"-specs={folder_of(__file__) / 'nasm.specs'}", f"-B{Path(nasm).parent}/"]

    def source_file(self, source: str) -> str:
        """Named as gcc is told that NASM's sources are."""
        return f"{self.cell_name}.asm"
