"""Sample programs in assembly, for x86-64: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = """\
    .globl main
    .text
main:
    push %rbp
    lea greeting(%rip), %rdi
    call puts
    xor %eax, %eax
    pop %rbp
    ret
    .section .rodata
greeting:
    .asciz "hello, world\""""
START = """\
#include <sys/syscall.h>
    .globl _start
    .text
_start:
    mov $SYS_write, %eax
    mov $1, %edi
    mov $greeting, %esi
    mov $length, %edx
    syscall
    mov $SYS_exit, %eax
    mov $5, %edi
    syscall
greeting:
    .ascii "hello, world\\n"
    .set length, . - greeting"""
INTEL = """\
# if this were read by C's preprocessor, it would be missing an end
    .intel_syntax noprefix
    mov esi, 1
    mov ecx, 5
1:  imul esi, ecx
    loop 1b
    lea rdi, format[rip]
    xor eax, eax
    call printf
    .data
format: .asciz "%d\\n\""""
BROKEN = """\
    .globl main
main:
    missing $1, %eax
    ret"""
STDIN = """\
    .globl main
main:
    push %rbx
    sub $64, %rsp
    mov $question, %edi
    xor %eax, %eax
    call printf
    xor %edi, %edi
    call fflush
1:  mov $scanned, %edi
    mov %rsp, %rsi
    xor %eax, %eax
    call scanf
    cmp $1, %eax
    jne 2f
    mov $printed, %edi
    mov %rsp, %rsi
    mov %rsp, %rdx
    xor %eax, %eax
    call printf
    xor %edi, %edi
    call fflush
    jmp 1b
2:  xor %eax, %eax
    add $64, %rsp
    pop %rbx
    ret
question: .asciz "words? "
scanned: .asciz "%63s"
printed: .asciz "%s%s\\n\""""
ENDLESS = """\
    mov $running, %edi
    call puts
    xor %edi, %edi
    call fflush
1:  jmp 1b
running: .asciz "running\""""
UNICODE = """\
    mov $größe, %edi
    call puts
    .data
größe: .asciz "žluťoučký 🐎 日本語\""""
EXIT = """\
    mov $2, %edi
    mov $problem, %esi
    mov $10, %edx
    call write
    mov $3, %edi
    call exit
problem: .ascii "on stderr\\n\""""
CRASH = """\
    mov $before, %edi
    call puts
    xor %edi, %edi
    call fflush
    movl $1, 0
before: .asciz "before\""""

SAMPLES = {
    "hello": (
        Sample(HELLO, stdout="hello, world\n"),
        Sample(START, stdout="hello, world\n", error="ExitCode", traceback="exit code 5"),
    ),
    "statements": (Sample(INTEL, stdout="120\n"),),
    "error": (
        Sample(
            BROKEN, stdout="", error="BuildFailed", traceback=r"(?s)In\[\d+\]:3: Error:.*missing"
        ),
        Sample("nop\nbogus %eax", error="BuildFailed", traceback=r"In\[\d+\]:2: Error:.*bogus"),
        Sample("call missing", error="BuildFailed", traceback=r"In\[\d+\]:1:.*`missing'"),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "crash": (Sample(CRASH, stdout="before\n", error="Signal", traceback="SIGSEGV"),),
}
