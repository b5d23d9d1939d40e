"""Sample programs in Perl: cells, and what they must show."""

from kernel_runner.language import Sample

TABLE = """\
package Table;
sub new { my ($class, @rows) = @_; return bless { rows => \\@rows }, $class }
sub to_html { my $self = shift; return "<ul>@{ $self->{rows} }</ul>" }
package main;
Table->new(1, 2)"""

SAMPLES = {
    "hello": (Sample('print "hello, world\\n";', stdout="hello, world\n"),),
    "state": (
        Sample(
            "use strict; use warnings; use List::Util qw(sum);\n"
            "my $n = 6; my (%price, @list) = (tea => 3);\n"
            "{ my $inner = 1; }\nsub twice { return 2 * $_[0] }"
        ),
        Sample("$list[0] = $n; twice($price{tea}) * sum(@list, 1)", result="42"),
        Sample("$inner", error="SyntaxError", traceback=r"Global symbol .*In\[\d+\] line 1"),
        Sample("my $n = $n + 1;"),
        Sample("say $n; no strict;", stdout="7\n"),
    ),
    "value": (
        Sample("{ answer => 6 * 7, list => [1, 'a'] }", result=r"\{'answer' => 42, .*\}"),
        Sample("map { $_ ** 2 } 1 .. 3", result=r"\(1, 4, 9\)"),
        Sample("my $silent = 1;"),
        Sample("undef"),
        Sample("if (1) { print 'yes' } else { print 'no' }", stdout="yes"),
        Sample("print <<~END;\n  in {\n  END", stdout="in {\n"),
        Sample("'a' . 'b'; # a comment", result='"ab"'),
        Sample("my %h = (a => 1);\n$h{a} =~ s/1/2/r", result="2"),
        Sample("for my $key (sort keys %h) { 1 }\n$h{a}", result="1"),
    ),
    "comments only": (Sample("# nothing\n\n=pod\n\nat all\n\n=cut\n"), Sample("")),
    "error": (
        Sample(
            "sub half {\n  die 'no half' unless $_[0];\n}\n\nhalf(0);",
            error="Error",
            traceback=r"no half at In\[\d+\] line 2\.(?s:.*)main::half called at In\[\d+\]:5",
        ),
    ),
    "syntax error": (
        Sample(
            "print 1;\nmy $x = = 2;",
            stdout="",
            error="SyntaxError",
            traceback=r"In\[\d+\] line 2",
        ),
    ),
    "unclosed string": (Sample("print 'hello", stdout="", error="SyntaxError"),),
    "warning": (Sample("warn 'careful';", stderr=r"careful at In\[\d+\] line 1\.\n"),),
    "stdin": (
        Sample(
            "while (my $line = <STDIN>) { chomp $line; print $line x 2, qq(\\n); }",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample("print 'Name? '; print uc <STDIN>;", stdout="Name\\? ADA\n", answers=("Ada",)),
    ),
    "interrupt": (
        Sample(
            "my $n = 1;\nprint qq(running\\n);\nwhile (1) { $n++ }",
            stdout="running\n",
            error="Interrupted",
            traceback=r"In\[\d+\]:3",
            interrupt=True,
        ),
        Sample("$n > 0", result="1"),
    ),
    "interrupt of sleep": (
        Sample(
            "print qq(asleep\\n);\nsleep;",
            stdout="asleep\n",
            error="Interrupted",
            interrupt=True,
        ),
    ),
    "unicode": (
        Sample(
            "my $größe = 'žluťoučký 🐎 日本語';\nprint qq($größe\\n);\nlength $größe",
            stdout="žluťoučký 🐎 日本語\n",
            result="15",
        ),
        Sample("[$größe]", result=r"\[.žluťoučký 🐎 日本語.\]"),
        Sample("die 'příliš 🐎';", error="Error", traceback="příliš 🐎"),
    ),
    "rich output": (
        Sample(TABLE, result="(?s)bless.*", mime="text/html"),
        Sample("IPerl->svg('<svg/>')", result="<image/svg.xml>", mime="image/svg+xml"),
        Sample("display('text/markdown' => '*hello*', id => 'here');", mime="text/markdown"),
        Sample("update_display('here', 'text/html' => '<b>hello</b>');"),
        Sample("clear_output();"),
    ),
    "exit": (
        Sample(
            "my $kept = 1;\nEND { print qq(bye\\n) }\nexit 3;", stdout="bye\n", error="ExitCode"
        ),
        Sample("defined $kept ? 1 : 0", result="0"),
    ),
    "crash": (
        Sample("kill SEGV => $$; sleep;", error="Signal", traceback="SIGSEGV"),
        Sample("1", result="1"),
    ),
    "redefinition": (
        Sample(
            "use warnings; use constant TWO => 1;\nsub answer { 1 }\nsub twice { answer() * 2 }"
        ),
        Sample("use constant TWO => 2;\nsub answer { 21 }"),
        Sample("twice() * TWO", result="84"),
        Sample("no warnings;"),
    ),
    "deep recursion": (
        Sample("sub down { my ($n) = @_; return 1 + down($n + 1) }\ndown(0);", error="Recursion"),
        Sample("1 + 1", result="2"),
    ),
}
