"""Sample programs for NASM: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = """\
    global main
    extern puts
    section .text
main:
    push rbp
    mov rdi, greeting
    call puts
    xor eax, eax
    pop rbp
    ret
    section .rodata
greeting: db "hello, world", 0"""
START = """\
%define SYS_write 1
%define SYS_exit 60
    global _start
_start:
    mov eax, SYS_write
    mov edi, 1
    mov rsi, greeting
    mov edx, length
    syscall
    mov eax, SYS_exit
    mov edi, 5
    syscall
greeting: db `hello, world\\n`
length: equ $ - greeting"""
MACRO = """\
%macro print 2
    mov rdi, %1
    mov rsi, %2
    xor eax, eax
    call printf
%endmacro
    extern printf
    mov ebx, 1
    mov ecx, 5
again:
    imul ebx, ecx
    loop again
    print format, rbx
    section .data
format: db `%d\\n`, 0"""
BROKEN = """\
    global main
main:
    mov eax, missing
    ret"""
STDIN = """\
    extern fflush, printf, scanf
    sub rsp, 64
    mov rdi, question
    xor eax, eax
    call printf
.next:
    xor edi, edi
    call fflush
    mov rdi, scanned
    mov rsi, rsp
    xor eax, eax
    call scanf
    cmp eax, 1
    jne .end
    mov rdi, printed
    mov rsi, rsp
    mov rdx, rsp
    xor eax, eax
    call printf
    jmp .next
.end:
    section .rodata
question: db "words? ", 0
scanned: db "%63s", 0
printed: db `%s%s\\n`, 0"""
ENDLESS = """\
    extern fflush, puts
    mov rdi, running
    call puts
    xor edi, edi
    call fflush
    jmp $
running: db "running", 0"""
UNICODE = """\
    extern puts
    mov rdi, text
    call puts
    section .data
text: db "žluťoučký 🐎 日本語", 0"""
EXIT = """\
    extern exit, write
    mov edi, 2
    mov rsi, problem
    mov edx, 10
    call write
    mov edi, 3
    call exit
problem: db `on stderr\\n`"""
CRASH = """\
    extern fflush, puts
    mov rdi, before
    call puts
    xor edi, edi
    call fflush
    mov dword [0], 1
before: db "before", 0"""

SAMPLES = {
    "hello": (
        Sample(HELLO, stdout="hello, world\n"),
        Sample(START, stdout="hello, world\n", error="ExitCode", traceback="exit code 5"),
    ),
    "macro": (Sample(MACRO, stdout="120\n"),),
    "error": (
        Sample(BROKEN, stdout="", error="BuildFailed", traceback=r"In\[\d+\]:3: error:.*missing"),
        Sample("nop\nbogus eax", error="BuildFailed", traceback=r"In\[\d+\]:2: error:"),
        Sample("extern missing\ncall missing", error="BuildFailed", traceback="`missing'"),
    ),
    "warning": (Sample("nop\nlonely", stderr=r"In\[\d+\]:2: warning: label alone(?s:.*)"),),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "crash": (Sample(CRASH, stdout="before\n", error="Signal", traceback="SIGSEGV"),),
}
