# The Perl agent: evaluates cells for kernel_runner. See kernel_runner/session/frames.py.
#
# A cell is a string eval in package main. What it declares with `my` at its top level becomes `our`
# (Source.pm), and is declared again before each later cell; pragmas and the package are carried
# over as well.

# First of all, where none of the agent's own lexicals can be seen: what runs a cell.
sub KernelRunner::run_cell {
    package main;
    @_ = ();
    return eval $KernelRunner::code;
}

package KernelRunner;

use strict;
use warnings;
use utf8;
use Fcntl qw(F_DUPFD F_SETFD FD_CLOEXEC);
use FindBin ();
use IO::Handle ();
use POSIX ();
use Scalar::Util ();
use Time::HiRes ();

use lib $FindBin::RealBin;
use Source ();
use Display ();
use Assist ();

our ( $code, $started, $pid );
our $id = 0;
our %variables;    # what cells have declared, each with its package
our ( $package, $hints, $warnings, $features );

use constant MARK      => "\e_kernel-runner\e\\";
use constant MAX_DEPTH => 250_000;                # calls; more would exhaust the memory
use constant TICK      => 0.02;                   # seconds of computing

my ( $requests, $answers, $interruptible, @trace );
my $buffer = '';

# A copy of a descriptor that cells and their children never meet.
sub take {
    my ( $fd, $mode ) = @_;
    open my $given, "$mode&=", $fd or die "no fd $fd: $!";
    my $copy = fcntl $given, F_DUPFD, 100;
    open my $handle, "$mode&=", $copy or die "no fd $copy: $!";
    fcntl $handle, F_SETFD, FD_CLOEXEC;
    close $given;
    binmode $handle;
    return $handle;
}

# The next bytes of a request. With sysread: messages say `<$handle> line 7` after a readline.
sub more {
    my ($least) = @_;
    return sysread $requests, $buffer, $least > 65_536 ? $least : 65_536, length $buffer;
}

sub receive {
    my $end;
    until ( ( $end = index $buffer, "\n" ) >= 0 ) {
        more(0) or return;
    }
    my ( $type, $request, @lengths ) = split ' ', substr $buffer, 0, $end + 1, '';
    my @fields;
    for my $length (@lengths) {
        while ( length $buffer < $length ) {
            more( $length - length $buffer ) or return;
        }
        push @fields, substr $buffer, 0, $length, '';
    }
    return $type, $request, @fields;
}

sub reply {
    my ( $type, $request, @fields ) = @_;
    for my $field (@fields) {
        $field = '' unless defined $field;
        utf8::encode($field) if utf8::is_utf8($field);
    }
    return if $$ != $pid;    # a fork's word is not the session's
    my $was = $interruptible;
    $interruptible = 0;
    STDOUT->flush;
    STDERR->flush;
    print {$answers} join( ' ', $type, $request, map { length } @fields ), "\n", @fields;
    $answers->flush;
    $interruptible = $was;
    return;
}

# Show a bundle: MIME types and data.
sub show {
    my ( $kind, $display_id, %bundle ) = @_;
    syswrite_mark();
    reply( 'D', $id, $kind, $display_id, '', %bundle );
    return;
}

sub clear_output {
    my ($wait) = @_;
    syswrite_mark();
    reply( 'U', $id, $wait ? 1 : 0 );
    return;
}

sub syswrite_mark {
    no warnings;
    print STDOUT MARK;
    STDOUT->flush;
    return;
}

# Put what a path names in a standard stream's place, whatever the last cell did to it.
sub reopen {
    my ( $handle, $fd, $path ) = @_;
    my $opened = POSIX::open( $path, POSIX::O_WRONLY() );
    return unless defined $opened;
    close $handle if defined fileno $handle && fileno $handle != $fd;
    POSIX::dup2( $opened, $fd );
    POSIX::close($opened) if $opened != $fd;
    unless ( defined fileno $handle ) {
        open $handle, '>&=', $fd;
    }
    binmode $handle, ':utf8';
    return;
}

# Perl keeps a line for a terminal until it ends, while a progress bar should be seen to move. A flush
# at each print costs no more than at each line.
sub show_at_once {
    STDOUT->autoflush(1);
    return;
}

sub evaluate {
    my ( $text, $count, $out, $err, $options ) = @_;
    if ( length $out ) {
        STDOUT->flush;
        reopen( \*STDOUT, 1, $out );
        reopen( \*STDERR, 2, $err );
        STDERR->autoflush(1);
        show_at_once();
    }
    STDIN->clearerr if defined fileno STDIN;
    utf8::decode($text);
    reply( 'B', $id );
    my $source = Source->new($text);
    $code    = whole( $source, $count );
    $started = 0;
    @trace   = ();
    local $SIG{__DIE__}  = \&remember_trace;
    local $SIG{__WARN__} = \&warn_of;
    local $SIG{INT}      = \&interrupt;
    local $SIG{VTALRM}   = \&check_depth;
    Time::HiRes::setitimer( Time::HiRes::ITIMER_VIRTUAL(), TICK, TICK );
    my ( @values, $error );
    eval {
        $interruptible = 1;
        @values        = run_cell();
        $error         = $@;
        $interruptible = 0;
        1;
    } or $error = $@;    # an interrupt that came at the very end
    $interruptible = 0;
    Time::HiRes::setitimer( Time::HiRes::ITIMER_VIRTUAL(), 0 );
    exit if $$ != $pid;
    return fail($error) if ref $error || $error ne '';
    my $expression = $options =~ /"expression": *true/;
    if ( $expression || $source->has_value && grep { defined } @values ) {
        my %bundle = eval { Display::bundle(@values) };
        return fail($@) if $@;
        show( 'result', '', %bundle );
        $main::_ = $values[0] if @values == 1 && !$expression;
    }
    reply( 'K', $id );
    return;
}

# The cell's code, after what earlier cells have left, and before what tells what this one leaves.
sub whole {
    my ( $source, $count ) = @_;
    my $before = 'BEGIN { $^H = $KernelRunner::hints; ${^WARNING_BITS} = $KernelRunner::warnings;'
      . ' %^H = %$KernelRunner::features; }';
    for my $home ( sort keys %variables ) {
        my @names = sort keys %{ $variables{$home} };
        $before .= "package $home; our (" . join( ', ', @names ) . ');' if @names;
    }
    $variables{ $_->[0] || $package }{ $_->[1] } = 1 for $source->variables;
    my $after = 'BEGIN { $KernelRunner::hints = $^H; $KernelRunner::warnings = ${^WARNING_BITS};'
      . ' $KernelRunner::features = { %^H }; $KernelRunner::package = __PACKAGE__; }';
    return "$before package $package; \$KernelRunner::started = 1;\n#line 1 \"In[$count]\"\n"
      . $source->text($after);
}

sub interrupt {
    return unless $interruptible;
    $interruptible = 0;
    die bless { message => 'The cell was interrupted.' }, 'KernelRunner::Interrupted';
}

sub check_depth {
    return unless $interruptible && caller MAX_DEPTH;
    die bless { message => 'Calls are nested too deeply.' }, 'KernelRunner::Recursion';
}

# Where a `die` was, and the calls that led there, without the agent's own.
sub remember_trace {
    @trace = ();
    for ( my $level = 0 ; @trace < 50 && ( my @caller = caller $level ) ; $level++ ) {
        my ( undef, $file, $line, $sub ) = @caller;
        next if $file =~ /^\Q$FindBin::RealBin\E|^\(eval /;
        if ( !@trace ) {    # where it was; what is called there is the handler
            push @trace, "    at $file:$line";
        }
        elsif ( $sub ne '(eval)' ) {
            push @trace, "    in $sub called at $file:$line";
        }
    }
    return;
}

# Nobody needs to be told that a cell defines something anew.
sub warn_of {
    my ($message) = @_;
    return if $message =~ /^(?:Constant subroutine|Subroutine|Prototype mismatch).*? at (?:In\[|\S*constant\.pm)/s
      || $message =~ /^"our" variable \S+ (?:redeclared|masks)/
      || $message =~ /^\t\(Did you mean "local"/;
    STDOUT->flush;
    print STDERR $message;
    return;
}

sub fail {
    my ($error) = @_;
    my $name = ref $error || ( $started ? 'Error' : 'SyntaxError' );
    $name =~ s/^KernelRunner:://;
    my $message = eval {
        !ref $error ? $error
          : !Scalar::Util::blessed($error) ? Display::plain($error)
          : $error->isa("KernelRunner::$name") ? $error->{message}
          :                                      "$error";
    } // '(its message failed)';
    $message =~ s/\nBEGIN not safe after errors[^\n]*//;
    $message =~ s/\n\z//;
    my $trace = $started ? join "\n", @trace : '';
    reply( 'X', $id, $name, $message, "\e[31m$name\e[0m: $message" . ( $trace && "\n$trace" ) );
    return;
}

sub serve {
    while ( my ( $type, $request, @fields ) = receive() ) {
        if ( $type eq 'E' ) {
            $id = $request;
            evaluate(@fields);
        }
        elsif ( $type =~ /^[CIP]$/ ) {
            reply( $type, $request, Assist::answer( $type, @fields ) );
        }
        elsif ( $type =~ /^[OML]$/ ) {
            reply( 'B', $request );
            # No comms here: what is opened is closed.
            reply( 'L', $request, $fields[0], '{}', '{}' ) if $type eq 'O';
            reply( 'K', $request );
        }
        elsif ( $type eq 'Q' ) {
            last;
        }
    }
    return;
}

sub start {
    $pid      = $$;
    $requests = take( 3, '<' );
    $answers  = take( 4, '>' );
    $SIG{INT} = sub { };
    binmode STDIN, ':utf8';
    binmode STDOUT, ':utf8';
    binmode STDERR, ':utf8';
    show_at_once();
    @ARGV = ();
    $0    = 'perl';
    $package = 'main';
    # Cells begin with these: names in any script, say and state.
    eval q{
        no strict; no warnings; use utf8; use feature qw(say state);
        BEGIN { $hints = $^H; $warnings = ${^WARNING_BITS}; $features = { %^H }; }
    };
    reply( 'R', 0, sprintf '%vd', $^V );
    serve();
    return;
}

start();
