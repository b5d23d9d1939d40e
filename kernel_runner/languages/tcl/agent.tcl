# The Tcl agent: evaluates cells at the global level of an interpreter of their own, which can be
# cancelled as a whole. See kernel_runner/session/frames.py.
#
# The event loop runs between cells, so that `after` and `fileevent` work. TclX, where it is
# installed, catches signals, and closes fds 3 and 4; without it a cell cannot be interrupted.

namespace eval ::kernel_runner {
    variable id 0
    variable running 0
    variable interrupted 0
    # Opened by name: Tcl closes these copies in the programs that a cell starts.
    variable requests [open /dev/fd/3 rb]
    variable answers [open /dev/fd/4 wb]
}

proc ::kernel_runner::reply {type id args} {
    variable answers
    if {$type in {D U}} {
        catch {puts -nonewline stdout "\x1b_kernel-runner\x1b\\"}
    }
    flush_output
    set header "$type $id"
    foreach field $args {
        append header " [string length $field]"
    }
    puts -nonewline $answers "$header\n[join $args {}]"
    flush $answers
}

proc ::kernel_runner::utf8 {text} {
    encoding convertto utf-8 $text
}

proc ::kernel_runner::text {bytes} {
    encoding convertfrom utf-8 $bytes
}

proc ::kernel_runner::serve {} {
    variable requests
    if {[gets $requests header] < 0} {
        exit
    }
    set fields {}
    foreach length [lassign $header type id] {
        lappend fields [read $requests $length]
    }
    switch $type {
        E { evaluate $id {*}$fields }
        C { complete $id {*}$fields }
        I { inspect $id {*}$fields }
        P { is_complete $id {*}$fields }
        O {
            # No comms here: what is opened is closed.
            reply B $id
            reply L $id [lindex $fields 0] {{}} {{}}
            reply K $id
        }
        M - L {
            reply B $id
            reply K $id
        }
        Q { exit }
    }
}

proc ::kernel_runner::evaluate {request code count args} {
    variable id $request
    variable running
    variable interrupted 0
    set code [text $code]
    reply B $id
    if {![info complete $code]} {
        set message "the cell ends within a quoted string, a brace or a bracket"
        reply X $id SyntaxError [utf8 $message] [utf8 [report SyntaxError $message \
            "In\[$count\]:[llength [split $code \n]]"]]
        return
    }
    keep_output
    set running 1
    set status [catch {interp eval cells [list uplevel #0 $code]} result options]
    set running 0
    release_output
    if {$interrupted || [string match {POSIX SIG SIGINT*} [dict get [dict merge \
            {-errorcode {}} $options] -errorcode]]} {
        reply X $id Interrupted {The cell was interrupted.} "\x1b\[31mInterrupted\x1b\[0m"
    } elseif {$status == 1} {
        fail $count $result $options
    } else {
        # As in tclsh, every command has a result, and an empty one is not shown.
        if {$result ne {}} {
            reply D $id result {} {} text/plain [utf8 $result]
        }
        reply K $id
    }
}

proc ::kernel_runner::fail {count message options} {
    variable id
    set code [dict get $options -errorcode]
    switch -glob $code {
        NONE - {} { set name error }
        CHILD* { set name [lindex $code 0] }
        default { set name [join [lrange $code 0 1]] }
    }
    # This line tells where in the cell it was; below it the stack is the agent's own.
    set stack [dict get $options -errorinfo]
    set place "In\[$count\]"
    if {[regexp -indices {\n    \("uplevel" body line (\d+)\)} $stack at digits]} {
        append place :[string range $stack {*}$digits]
        set stack [string range $stack 0 [lindex $at 0]-1]
    }
    set stack [string range $stack [string length $message] end]
    reply X $id [utf8 $name] [utf8 $message] [utf8 [report $name $message $place$stack]]
}

proc ::kernel_runner::report {name message rest} {
    return "\x1b\[31m$name\x1b\[0m: $message\n$rest"
}

proc ::kernel_runner::complete {id code offset} {
    set before [text [string range $code 0 $offset-1]]
    regexp {\$?[\w:]*$} $before word
    set matches {}
    if {[string index $word 0] eq {$}} {
        foreach name [interp eval cells [list info vars ::[string range $word 1 end]*]] {
            lappend matches [utf8 \$[string range $name 2 end]]
        }
    } elseif {$word ne {}} {
        set names [interp eval cells [list info commands $word*]]
        foreach name [concat $names [interp eval cells [list namespace children :: $word*]]] {
            lappend matches [utf8 $name]
        }
        lappend matches {*}[lmap name [interp eval cells [list info vars $word*]] {utf8 $name}]
    }
    set start [expr {$offset - [string length [utf8 $word]]}]
    reply C $id $start $offset {*}[lsort -unique $matches]
}

proc ::kernel_runner::inspect {id code offset detail} {
    regexp {[\w:]*$} [text [string range $code 0 $offset-1]] start
    regexp {^[\w:]*} [text [string range $code $offset end]] end
    set name $start$end
    if {$name ne {} && [interp eval cells [list info procs $name]] ne {}} {
        set about [describe_proc $name]
    } elseif {$name ne {} && [interp eval cells [list array exists $name]]} {
        set about "$name (array)\n[interp eval cells [list array get $name]]"
    } elseif {$name ne {} && [interp eval cells [list info exists $name]]} {
        set about "$name = [interp eval cells [list set $name]]"
    } elseif {$name ne {} && [interp eval cells [list info commands $name]] ne {}} {
        set about "$name is a command of Tcl's."
    } else {
        return [reply I $id]
    }
    reply I $id text/plain [utf8 $about]
}

proc ::kernel_runner::describe_proc {name} {
    set parameters {}
    foreach parameter [interp eval cells [list info args $name]] {
        if {[interp eval cells [list info default $name $parameter ::kernel_runner::default]]} {
            lappend parameters [list $parameter \
                [interp eval cells [list set ::kernel_runner::default]]]
        } else {
            lappend parameters $parameter
        }
    }
    return [list proc $name $parameters [interp eval cells [list info body $name]]]
}

proc ::kernel_runner::is_complete {id code} {
    reply P $id [expr {[info complete [text $code]] ? "complete" : "incomplete"}] {    }
}

# What a cell can show: a MIME type's data, bytes for pictures and text for anything else.

proc ::kernel_runner::show {kind mime data display_id} {
    variable id
    if {![string match {image/[a-rt-z]*} $mime]} {
        set data [utf8 $data]
    }
    set plain {}
    if {$mime ne {text/plain}} {
        set plain [list text/plain "<$mime>"]
    }
    reply D $id $kind [utf8 $display_id] {} $mime $data {*}$plain
}

proc ::kernel_runner::display {mime data {display_id {}}} {
    show display $mime $data $display_id
}

proc ::kernel_runner::update_display {mime data display_id} {
    show update $mime $data $display_id
}

proc ::kernel_runner::clear_output {{wait 0}} {
    variable id
    reply U $id [expr {bool($wait)}]
}

# Output. A write for each line would be most of a loop's time, so that a cell's lines are kept, and
# a timer of TclX's flushes them; what has been printed is out before stderr is written, stdin is
# read, or a program runs. A cell may take the timer or the channel's buffering for its own.

proc ::kernel_runner::keep_output {} {
    if {[has_timer] && [buffering] eq {line}} {
        fconfigure stdout -buffering full
        alarm 0.02
    }
}

proc ::kernel_runner::release_output {} {
    if {[has_timer]} {
        alarm 0
    }
    if {[buffering] eq {full}} {
        fconfigure stdout -buffering line
    }
}

proc ::kernel_runner::has_timer {} {
    variable has_tclx
    expr {$has_tclx && {::kernel_runner::tick} in [lindex [signal get SIGALRM] 0 1]}
}

proc ::kernel_runner::buffering {} {
    # A cell may have closed it.
    if {[catch {fconfigure stdout -buffering} buffering]} {
        return {}
    }
    return $buffering
}

proc ::kernel_runner::flush_output {args} {
    # A cell may have closed them.
    foreach stream {stdout stderr} {
        catch {flush $stream}
    }
}

proc ::kernel_runner::tick {} {
    flush_output
    alarm 0.02
}

# The layer on stderr.
namespace eval ::kernel_runner::in_order {
    proc initialize {handle mode} {
        return {initialize finalize write}
    }

    proc finalize {handle} {}

    proc write {handle bytes} {
        catch {flush stdout}
        return $bytes
    }

    namespace export *
    namespace ensemble create
}

# Called in the interpreter that is at work when the signal comes. A catch in a cell does not keep
# it from being cancelled.
proc ::kernel_runner::interrupt {} {
    variable running
    variable interrupted
    if {$running} {
        set interrupted 1
        interp cancel -unwind -- cells
    }
}

proc ::kernel_runner::create_interpreter {} {
    interp create cells
    foreach {name value} {argv0 tclsh argv {} argc 0 tcl_interactive 0} {
        interp eval cells [list set ::$name $value]
    }
    foreach command {display update_display clear_output} {
        interp alias cells $command {} ::kernel_runner::$command
    }
    foreach command {flush_output tick interrupt} {
        interp alias cells ::kernel_runner::$command {} ::kernel_runner::$command
    }
    interp eval cells {
        # While `after` waits, it looks for signals only now and then.
        foreach command {after exec open} {
            trace add execution $command enter ::kernel_runner::flush_output
        }
        # A trace would cost a loop over a file's lines too much.
        foreach command {gets read} {
            rename ::$command ::kernel_runner::$command
            proc ::$command {args} [string map [list COMMAND ::kernel_runner::$command] {
                if {{stdin} in $args} { ::kernel_runner::flush_output }
                tailcall COMMAND {*}$args
            }]
        }
        unset command
    }
}

proc ::kernel_runner::main {} {
    variable requests
    variable has_tclx
    fconfigure stdin -encoding utf-8
    fconfigure stdout -encoding utf-8 -translation lf -buffering line
    fconfigure stderr -encoding utf-8 -translation lf -buffering line
    chan push stderr ::kernel_runner::in_order
    create_interpreter
    set has_tclx [expr {![catch {package require Tclx}]}]
    if {$has_tclx} {
        signal trap SIGINT ::kernel_runner::interrupt
        signal -restart trap SIGALRM ::kernel_runner::tick
        close [dup 3]    ;# dup makes a channel of an fd that Tcl has not opened
        close [dup 4]
    }
    fileevent $requests readable ::kernel_runner::serve
    reply R 0 [info patchlevel]
    while 1 {
        # An error here is an event's of the person, told by bgerror; or a late SIGINT.
        catch {vwait ::kernel_runner::forever}
    }
}

::kernel_runner::main
