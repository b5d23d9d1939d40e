# The Julia agent: evaluates cells in Main. kernel_runner/session/frames.py describes how the
# kernel and it talk.
#
# All is done in the root task: that is where an interrupt arrives, and while it waits for the next
# frame, the tasks that cells have left behind go on. Whatever runs code of the person's own is
# called by invokelatest, since that code is newer than this.

module KernelRunner

# What is compiled here runs briefly, and the first cell waits for it.
if isdefined(Base, :Experimental) && isdefined(Base.Experimental, Symbol("@optlevel"))
    @eval Base.Experimental.@optlevel 0
end

import REPL

include("frames.jl")
include("show.jl")
include("errors.jl")
include("assist.jl")
include("jupyter.jl")

"The statements of a cell, or the first thing that is wrong with them."
function parse_cell(code::String, name::String)
    expression = Base.parse_input_line(code; filename = name)
    problem = find_problem(expression)
    problem === nothing || throw(syntax_error(code, name, problem))
    return REPL.softscope(expression)  # as in Julia's console, a loop can assign to a global
end

"What a cell means that begins with Julia's console's signs: ? for help, ; for a shell, ] for Pkg."
function console_command(code::String)
    sign, rest = code[1], strip(code[2:end])
    sign == '?' && return Expr(:call, help, rest)
    sign == ';' && return Expr(:call, run_shell, rest)
    sign == ']' && return Expr(:call, run_pkg, rest)
    return nothing
end

function run_shell(command::AbstractString)
    run(ignorestatus(`sh -c $command`))
    return nothing
end

function run_pkg(command::AbstractString)
    pkg = Base.require(Base.PkgId(Base.UUID("44cfe95a-1eb2-52ea-b672-e2afdf69b78f"), "Pkg"))
    mode = getfield(pkg, :REPLMode)
    do_it = isdefined(mode, :pkgstr) ? getfield(mode, :pkgstr) : getfield(mode, :do_cmds)
    Base.invokelatest(do_it, String(command))
    return nothing
end

"A cell's value, which is not to be shown where the cell ends with a semicolon."
function value_of(code::String, name::String, quiet::Bool)
    isempty(strip(code)) && return nothing
    command = console_command(code)
    statements = command === nothing ? parse_cell(code, name) : command
    value = Core.eval(Main, statements)
    quiet && return value
    ccall(:jl_set_global, Cvoid, (Any, Any, Any), Main, :ans, value)
    return command === nothing && REPL.ends_with_semicolon(code) ? nothing : value
end

function evaluate(id::Int, code::String, count::String, options::String)
    CURRENT[] = id
    mend_streams()
    send("B", id)
    expression = occursin(r"\"expression\": *true", options)
    outcome = try
        value = value_of(code, "In[$count]", expression)
        value === nothing && !expression ? nothing : Base.invokelatest(bundle_of, value)
    catch error
        # Telling it may take methods of the person's own, so it can be interrupted, too.
        Base.invokelatest(failure_of, error, catch_backtrace())
    end
    Base.disable_sigint() do
        outcome isa Bundle && show_bundle("result", outcome)
        outcome isa Failure ? send("X", id, outcome.name, outcome.message, outcome.traceback) :
        send("K", id)
    end
end

"Comms are not spoken here: one that is opened is closed."
function answer_comm(type::Char, id::Int, comm::String)
    send("B", id)
    type == 'O' && send("L", id, comm, "{}", "{}")
    send("K", id)
end

function handle(frame::Frame)
    type, id, fields = frame.type, frame.id, frame.fields
    if type == 'E'
        evaluate(id, fields[1], fields[2], length(fields) < 5 ? "" : fields[5])
    elseif type == 'C'
        send("C", id, Base.invokelatest(complete, fields[1], parse(Int, fields[2]))...)
    elseif type == 'I'
        send("I", id, Base.invokelatest(inspect, fields[1], parse(Int, fields[2]))...)
    elseif type == 'P'
        send("P", id, completeness(fields[1])...)
    elseif type in "OML"
        answer_comm(type, id, fields[1])
    elseif type == 'Q'
        exit()
    end
end

"Have compiled, while nothing is asked for, what the first cells will need."
function warm_up()
    Base.invokelatest(bundle_of, Core.eval(Main, parse_cell("1 + 1", "warm")))
    steps = (
        () -> failure_of(ErrorException("warm"), backtrace()),
        () -> complete("printl", 6),
        () -> bundle_of([1.5, 2.5]),
        () -> inspect("println", 7),
    )
    for step in steps
        is_asked() && return
        step()
    end
end

function serve()
    while true
        ANSWERED[] = true
        frame = Frame('Z', 0, String[])
        try
            frame = receive()
            ANSWERED[] = !(frame.type in "EOML")
            handle(frame)
        catch error
            error isa InterruptException || rethrow()
            # It came late: when the cell was over, or as it was about to be.
            if !ANSWERED[]
                send("X", frame.id, "InterruptException", "", "\e[31mInterruptException\e[39m:")
            end
        end
    end
end

function main()
    empty!(ARGS)
    ccall(:jl_exit_on_sigint, Cvoid, (Cint,), 0)
    pushdisplay(NotebookDisplay())
    Core.eval(Main, :(const Jupyter = $Jupyter; const IJulia = $Jupyter))
    send("R", 0, string(VERSION))
    warm_up()
    serve()
end

end

KernelRunner.main()
