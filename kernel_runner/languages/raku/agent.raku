# The Raku agent: evaluates each cell within the lexical scope that the one before has left, as
# Raku's own REPL does. See kernel_runner/session/frames.py.
use nqp;
use MONKEY-SEE-NO-EVAL;

%*ENV<MVM_JIT_EXPR_DISABLE>:delete;  # it was for this process

my $interrupts = EVALFILE $?FILE.IO.sibling('interrupts.raku');
my $*AWAITER = $interrupts;

# A handle that has met the end of its input stays there, but the next cell may ask again.
role Input {
    has $.ended = False;

    method READ(|) {
        my $read = callsame;
        unless $read {
            $!ended = True;
            $interrupts.sleep(0.1);  # an interrupt ends the input, too, and may be told only now
        }
        $read
    }
}
$*IN does Input;

my $requests = open '/dev/fd/3', :r, :bin;
my $answers = open '/dev/fd/4', :a, :bin, :!out-buffer;
my $id = 0;
my $pending = Buf.new;

sub receive(Int $length --> Blob) {
    while $pending.elems < $length {
        my $more = $requests.read(65536);
        exit 0 unless $more.elems;
        $pending.append: $more;
    }
    my $taken = $pending.subbuf(0, $length);
    $pending = $pending.subbuf($length);
    $taken
}

sub receive-line(--> Str) {
    my $line = Buf.new;
    loop {
        my $byte = receive(1)[0];
        return $line.decode('ascii') if $byte == 10;
        $line.append: $byte;
    }
}

sub reply(Str $type, *@fields) {
    print "\e_kernel-runner\e\\" if $type eq 'D' | 'U';
    .flush for $*OUT, $*ERR;
    my @raw = @fields.map: { $_ ~~ Blob ?? $_ !! .Str.encode('utf8-c8') };
    my $frame = Buf.new: "{($type, $id, |@raw.map(*.bytes)).join(' ')}\n".encode.list;
    $frame.append: $_ for @raw;
    $answers.write: $frame;
}

# The scope that cells share.
class Scope {
    has $!compiler;
    has Mu $!context;

    submethod BUILD() {
        $!compiler := nqp::getcomp('Raku');
        $!context := nqp::null;
    }

    # The compiler calls this when a cell begins to run, so that its scope can be found.
    method ctxsave(--> Nil) {
        $*MAIN_CTX := nqp::ctxcaller(nqp::ctx());
        $*CTXSAVE := 0;
    }

    method evaluate(Str $code) is raw {
        my $*CTXSAVE := self;
        my $*MAIN_CTX;
        LEAVE $!context := $*MAIN_CTX if nqp::isconcrete($*MAIN_CTX);  # it did begin to run
        $!compiler.eval($code, :outer_ctx($!context), :interactive(1))
    }
}

my $*SCOPE = Scope.new;
my $*CELL;

# The outer EVAL is there for the name: what it evaluates is called as its own file is.
sub evaluate(Str $code, Str $name) is raw {
    $*CELL = $code;
    EVAL '$*SCOPE.evaluate($*CELL)', :filename($name)
}

# Only the cells' own lines, by the cells' names.
sub readable(Str $text --> Str) {
    my $folder = $*CWD.absolute ~ '/';
    my $other = / ' at ' [\S* ['agent' | 'interrupts'] '.raku line ' | 'SETTING::'] /;
    $text.subst("{$folder}In[", 'In[', :g).lines.grep({ !/<$other>/ }).join("\n")
}

sub fail(Mu $error, Str $name) {
    my $about = (try readable $error.gist) // $error.^name;
    my $message = (try $error.message.trim) // $about;
    my $kind = $error.^name;
    $about = "\e[31m$kind\e[0m: $about" unless $about.contains('===');
    reply 'X', $kind, $message, $about;
}

sub written() { $*OUT.tell + $*ERR.tell }

sub evaluate-cell(Str $code, Str $count) {
    my $name = "In[$count]";
    if $*IN.?ended {
        $*IN = open('/dev/fd/0') does Input;
        PROCESS::<$ARGFILES>:delete;  # what get, lines and slurp read; it is made anew when needed
    }
    reply 'B';
    my $before = written;
    my Mu $error := Nil;
    my $shown = '';
    my $interrupted = $interrupts.run: {
        my Mu $value := evaluate $code, $name;
        # A value that is a failure fails when it is looked at.
        $shown = $value.gist // '' if written() == $before && $value !=== Nil;
        CATCH { default { $error := $_ } }
        CONTROL {
            when CX::Warn {
                my $already = written;
                note readable "{.message}\n{.backtrace}";
                $before += written() - $already;
                .resume
            }
            when CX::Return | CX::Last | CX::Next | CX::Redo | CX::Take | CX::Emit | CX::Done {
                $error := X::AdHoc.new: payload => "{.^name.substr(4).lc} has nothing to leave here";
            }
        }
    };
    if $interrupted {
        reply 'X', 'Interrupted', 'The cell was interrupted.', "\e[31mInterrupted\e[0m";
        return;
    }
    if $error !=== Nil {
        fail $error, $name;
        return;
    }
    reply 'D', 'result', '', '', 'text/plain', $shown if $shown ne '';
    reply 'K';
}

# display(MIME, DATA): show more than text.
my $*KERNEL-RUNNER = class {
    method display($mime, $data) { reply 'D', 'display', '', '', $mime, $data }
    method clear($wait) { reply 'U', $wait ?? 1 !! 0 }
}.new;
evaluate q:to/END/, 'display';
    sub display(Str() $mime, $data) { $*KERNEL-RUNNER.display($mime, $data); Nil }
    sub clear-output(Bool :$wait) { $*KERNEL-RUNNER.clear($wait); Nil }
    END

reply 'R', $*RAKU.compiler.version;
loop {
    my ($type, $request, *@lengths) = receive-line.words;
    $id = $request;
    my @fields = @lengths.map: { receive(.Int) };
    given $type {
        when 'E' { evaluate-cell @fields[0].decode('utf8-c8'), @fields[1].decode }
        when 'O' {  # no comms here: what is opened is closed
            reply 'B';
            reply 'L', @fields[0], '{}', '{}';
            reply 'K';
        }
        when 'M' | 'L' { reply 'B'; reply 'K' }
        when 'Q' { exit 0 }
    }
}
