# Frames, on copies of fds 3 and 4 that cells and their programs never meet.

const MARK = "\e_kernel-runner\e\\"
const F_DUPFD_CLOEXEC = Cint(1030)
const FIRST_FD = 100

struct Frame
    type::Char
    id::Int
    fields::Vector{String}
end

const CURRENT = Ref(0)  # the id of what is being evaluated
const ANSWERED = Ref(true)  # whether its K or X has been sent

function take(fd::Integer)
    copy = copy_of(fd)
    ccall(:close, Cint, (Cint,), fd)
    return copy
end

const REQUESTS = Base.PipeEndpoint()
const ANSWERS = Ref(RawFD(-1))

# Copies of stdout and stderr, for when a cell has closed them.
const SPARE = Dict{Int,RawFD}()

copy_of(fd::Integer) =
    RawFD(ccall(:fcntl, Cint, (Cint, Cint, Cint...), fd, F_DUPFD_CLOEXEC, FIRST_FD))

function __init__()
    SPARE[1], SPARE[2] = copy_of(1), copy_of(2)
    Base.open_pipe!(REQUESTS, take(3))
    ANSWERS[] = take(4)
end

function receive()
    header = readline(REQUESTS)
    isempty(header) && exit()
    words = split(header, ' ')
    fields = String[String(read(REQUESTS, parse(Int, words[i]))) for i = 3:length(words)]
    return Frame(words[1][1], parse(Int, words[2]), fields)
end

"Whether a frame is waiting to be read."
function is_asked()
    Base.start_reading(REQUESTS)
    yield()
    return bytesavailable(REQUESTS) > 0
end

"Open again what the cell before has closed."
function mend_streams()
    stdin isa Base.TTY && Base.reseteof(stdin)
    isopen(stdout) || redirect_stdout(Base.TTY(copy_of(Base.cconvert(Cint, SPARE[1]))))
    if !isopen(stderr)
        pipe = Base.PipeEndpoint()
        Base.open_pipe!(pipe, copy_of(Base.cconvert(Cint, SPARE[2])))
        redirect_stderr(pipe)
    end
end

function flush_all(mark::Bool)
    try
        mark && write(stdout, MARK)
        flush(stdout)
        flush(stderr)
    catch error
        error isa InterruptException && rethrow()  # else: the cell has closed them
    end
    Libc.flush_cstdio()
end

send(type::String, id::Int, fields::AbstractString...) =
    send_frame(type, id, Vector{UInt8}[Vector{UInt8}(String(field)) for field in fields])

function send_frame(type::String, id::Int, fields::Vector{Vector{UInt8}})
    flush_all(type == "D" || type == "U")
    frame = IOBuffer()
    print(frame, type, ' ', id)
    for field in fields
        print(frame, ' ', length(field))
    end
    print(frame, '\n')
    for field in fields
        write(frame, field)
    end
    Base.disable_sigint() do
        write_whole(take!(frame))
        ANSWERED[] |= type == "K" || type == "X"
    end
    return nothing
end

# A plain write(2): it is done when it returns, whatever the tasks are doing.
function write_whole(bytes::Vector{UInt8})
    start = 1
    while start <= length(bytes)
        written = ccall(
            :write, Cssize_t, (Cint, Ptr{UInt8}, Csize_t),
            ANSWERS[], pointer(bytes, start), length(bytes) - start + 1,
        )
        if written >= 0
            start += written
        elseif Libc.errno() != Libc.EINTR
            ccall(:_exit, Cvoid, (Cint,), 1)  # the kernel is gone
        end
    end
end
