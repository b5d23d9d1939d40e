# Interrupts: Rakudo tells of a SIGINT on another thread, and no thread can throw into another. So
# cells are compiled with a look at a flag wherever they may loop or call themselves, and what makes
# the main thread wait (sleep, await, react) waits for the flag, too. Where neither is, in a long
# calculation of Rakudo's own, the interrupt has to wait. Other threads go on.
#
# The value of this file is the object that has the flag.
use nqp;
use QAST:from<NQP>;

# Nothing but a CONTROL block can keep it: no try, no CATCH.
class Interrupted does X::Control {
    method message() { 'The cell was interrupted.' }
}

class Interrupts is Awaiter::Blocking {
    has int $!asked;
    has int $!welcome;  # while a cell runs that has not been left
    has $!wakes = Semaphore.new(0);

    # Run a cell: was it interrupted?
    method run(&cell --> Bool) {
        $!asked = 0;
        $!welcome = 1;
        {
            cell;
            CONTROL { when Interrupted { } }
        }
        my $interrupted = so $!asked;
        $!asked = $!welcome = 0;
        $interrupted
    }

    # Leave the cell, once: what it does while it is left (LEAVE, CONTROL) is not interrupted.
    method leave(--> Nil) {
        if $!welcome && $*THREAD.id == 1 {
            $!welcome = 0;
            Interrupted.new.throw;
        }
    }

    # Listen to SIGINT without the thread pool, whose supervisor wakes a hundred times a second.
    method listen(--> Nil) {
        my class Queue is repr('ConcBlockingQueue') { }
        my $queue := nqp::create(Queue);
        Thread.start: :app_lifetime, {
            loop {
                my Mu $task := nqp::shift($queue);
                my (&code, *@values) := nqp::islist($task) ?? nqp::hllize($task) !! ($task,);
                code |@values;
            }
        };
        my $scheduler = class { method queue(*%) { $queue } }.new;
        signal(SIGINT, :$scheduler).tap: {
            $!asked = 1;
            $!wakes.release;
        };
    }

    # The main thread's sleep.
    method sleep(Num() $seconds --> Nil) {
        my $end = now.Num + $seconds;
        while !($!asked && $!welcome) && (my $left = $end - now.Num) > 0 {
            nqp::sleep($left min 0.05e0);
        }
        self.leave if $!asked;
    }

    method await(Awaitable:D $awaitable) {
        self!wait-for: ($awaitable,);
        callsame
    }

    method await-all(Iterable:D \awaitables) {
        self!wait-for: awaitables;
        callsame
    }

    # Until all promises are kept, or one is broken, or an interrupt comes.
    method !wait-for(\awaitables) {
        my @promises = awaitables.grep(Promise:D);
        my atomicint $left = +@promises;
        for @promises {
            .then: {
                .status ~~ Kept ?? $left⚛-- !! ($left ⚛= 0);
                $!wakes.release;
            }
        }
        $!wakes.acquire until $!asked || ⚛$left <= 0;
        self.leave if $!asked;
    }

    # As Rakudo's own, but what was tapped is closed when an interrupt leaves it.
    method react(Supply $supply --> Nil) {
        my $done = Promise.new;
        my $tap = $supply.tap:
            { warn 'Useless use of emit in react' },
            done => { $done.keep },
            quit => { $done.break($_) };
        LEAVE .close with $tap;
        await $done;
    }
}

my constant INTERRUPTS = Interrupts.new;

sub check() {
    my $object = QAST::WVal.new: :value(INTERRUPTS);
    my $class = QAST::WVal.new: :value(Interrupts);
    QAST::Op.new: :op<if>,
        QAST::Op.new(:op<getattr_i>, $object, $class, QAST::SVal.new(:value('$!asked'))),
        QAST::Op.new(:op<callmethod>, :name<leave>, $object)
}

# A check before each round of a loop, and where a block that can be called begins.
sub make-interruptible(Mu \node --> Nil) {
    if nqp::istype(node, QAST::Children) {
        my int $count = nqp::elems(node);
        loop (my int $index = 0; $index < $count; $index++) {
            my Mu $child := nqp::atpos(node, $index);
            make-interruptible $child if nqp::istype($child, QAST::Node);
        }
    }
    if nqp::istype(node, QAST::Op) && node.op eq any <while until repeat_while repeat_until> {
        nqp::bindpos(node, 0, QAST::Stmts.new(check, nqp::atpos(node, 0)));
    }
    if nqp::istype(node, QAST::Block) && node.blocktype eq none <immediate immediate_static raw> {
        node.unshift(check);
    }
}

# After the optimizer, which is to see the code as it was written.
my $compiler := nqp::getcomp('Raku');
$compiler.HOW.add_method: $compiler, 'interruptible', method (Mu \ast, *%) {
    make-interruptible ast;
    ast
};
$compiler.addstage('interruptible', :after<optimize>);

&sleep.wrap: -> $seconds = Inf {
    $*THREAD.id == 1 ?? INTERRUPTS.sleep($seconds) !! callsame
};
&REACT.wrap: -> &block { INTERRUPTS.react(SUPPLY(&block)) };
&REACT-ONE-WHENEVER.wrap: -> &block { INTERRUPTS.react(SUPPLY-ONE-WHENEVER(&block)) };
INTERRUPTS.listen;
INTERRUPTS
