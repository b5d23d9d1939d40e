"""Sample programs in Fortran: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = """\
program hello
    print '(a)', "hello, world"
end program hello"""
MODULE = """\
module shapes
    implicit none
    type :: circle
        real :: radius
    end type
contains
    pure real function area(it)
        type(circle), intent(in) :: it
        area = 3.0 * it%radius ** 2
    end function
end module
program main
    use shapes
    print '(f4.1)', area(circle(2.0))
end program"""
CONTAINS = """\
integer :: n ! how many
n = 20
print '(i0)', twice(n) + 2
contains
    integer function twice(k)
        integer, intent(in) :: k
        twice = 2 * k
    end function"""
BROKEN = """\
program broken
    print *, missing
end program"""
STDIN = """\
character(20) :: word
integer :: status
write (*, '(a)', advance='no') "words? "
do
    read (*, '(a)', iostat=status) word
    if (status /= 0) exit
    print '(2a)', trim(word), trim(word)
end do"""
ENDLESS = """\
use iso_fortran_env, only: output_unit
integer :: n
n = 0
print '(a)', "running"
flush (output_unit)
do
    n = ieor(n, 1)
end do"""
UNICODE = """\
print '(a)', "žluťoučký 🐎 日本語\""""
EXIT = """\
use iso_fortran_env, only: error_unit
write (error_unit, '(a)') "on stderr"
call exit(3)"""
CRASH = """\
use iso_c_binding
integer, pointer :: nowhere
write (*, '(a)') "before"
call c_f_pointer(c_null_ptr, nowhere)
nowhere = 1"""
BOUNDS = """\
integer :: numbers(3), i
i = 5
numbers = 0
print *, numbers(i)"""

SAMPLES = {
    "hello": (
        Sample(HELLO, stdout="hello, world\n"),
        Sample("print '(a)', \"hello, world\"", stdout="hello, world\n"),
    ),
    "module": (Sample(MODULE, stdout="12.0\n"), Sample(CONTAINS, stdout="42\n")),
    "error": (
        Sample(BROKEN, stdout="", error="BuildFailed", traceback=r"In\[\d+\]:2:20:(?s:.*)missing"),
        Sample("integer :: n\nn = 'a'", error="BuildFailed", traceback=r"In\[\d+\]:2:4:"),
        Sample(
            BOUNDS, stderr=r"At line 4 of file .*In\[\d+\]\n(?s:.*)'5'(?s:.*)", error="ExitCode"
        ),
    ),
    "warning": (
        Sample(
            "integer :: n\nprint '(a)', 'x'",
            stdout="x\n",
            stderr=r"In\[\d+\]:1:(?s:.*)Warning: Unused variable .n.(?s:.*)",
        ),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "crash": (
        Sample(CRASH, stdout="before\n", stderr="(?s:.*)", error="Signal", traceback="SIGSEGV"),
    ),
}
