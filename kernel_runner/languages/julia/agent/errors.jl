# What goes wrong in a cell, as Julia's console tells it, without the agent's own frames.

const MOST_FRAMES = 100
const FOLDER = @__DIR__

struct Failure
    name::String
    message::String
    traceback::String
end

"A cell that is no Julia."
struct CellSyntaxError <: Exception
    message::String
    place::LineNumberNode
end

Base.showerror(io::IO, error::CellSyntaxError) =
    print(io, "syntax: ", error.message, "\n at ", error.place.file, ":", error.place.line)

"The first error in parsed statements: an expression whose head is :error or :incomplete."
function find_problem(expression)
    expression isa Expr || return nothing
    expression.head in (:error, :incomplete) && return expression
    expression.head === :toplevel || return nothing
    for each in expression.args
        problem = find_problem(each)
        problem === nothing || return problem
    end
    return nothing
end

"The line at which the parser gave up: statements are parsed again until one fails."
function line_of_problem(code::String)
    start = 1
    while start <= ncodeunits(code)
        statement, next = Meta.parse(code, start; raise = false)
        if find_problem(statement) !== nothing
            read = String(codeunits(code)[1:min(next - 1, end)])
            return 1 + count(==('\n'), rstrip(read))
        end
        next > start || break
        start = next
    end
    return 1
end

function syntax_error(code::String, name::String, problem::Expr)
    what = isempty(problem.args) ? "" : problem.args[1]
    text = what isa AbstractString ? what : sprint(showerror, what)
    place = LineNumberNode(line_of_problem(code), Symbol(name))
    return CellSyntaxError(replace(text, r"^syntax: " => ""), place)
end

name_of(error) = string(nameof(typeof(error)))
name_of(::CellSyntaxError) = "SyntaxError"

function message_of(error)
    try
        return sprint(showerror, error)
    catch problem
        return "(its message failed: $(typeof(problem)))"
    end
end

"The frames of the cell: those before the first of the agent's, without the eval between."
function cell_frames(backtrace)
    frames = StackTraces.StackFrame[]
    for frame in stacktrace(first_and_last(backtrace))
        startswith(string(frame.file), FOLDER) && break
        push!(frames, frame)
    end
    while !isempty(frames) && frames[end].func === :eval
        pop!(frames)
    end
    return frames
end

# A stack that overflowed has tens of thousands of frames.
function first_and_last(backtrace)
    length(backtrace) <= 10MOST_FRAMES && return backtrace
    return vcat(backtrace[1:MOST_FRAMES], backtrace[end-MOST_FRAMES:end])
end

function traceback_of(error, backtrace)
    buffer = IOBuffer()
    context = IOContext(buffer, :color => true, :limit => true)
    printstyled(context, "ERROR: "; color = :red)
    print(context, message_of(error))
    if !(error isa CellSyntaxError)
        frames = cell_frames(backtrace)
        isempty(frames) || print(context, "\nStacktrace:")
        for (number, frame) in enumerate(frames)
            print(context, "\n [", number, "] ")
            show(context, frame)
        end
    end
    return String(take!(buffer))
end

function failure_of(error, backtrace)
    if error isa LoadError && startswith(error.file, "In[")
        error = error.error
    end
    return Failure(name_of(error), message_of(error), traceback_of(error, backtrace))
end
