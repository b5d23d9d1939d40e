# Values as MIME bundles, by the show methods that they have.

const Bundle = Vector{Pair{String,Vector{UInt8}}}

const TEXT_FORMS = ("text/html", "text/markdown", "text/latex", "image/svg+xml")
const PICTURES = ("image/png", "image/jpeg", "image/gif", "application/pdf")
const JSON_FORMS = (
    "application/vnd.vegalite.v5+json",
    "application/vnd.vegalite.v4+json",
    "application/vnd.vegalite.v3+json",
    "application/vnd.plotly.v1+json",
    "application/vnd.dataresource+json",
)

function displaysize_here()
    number(name, default) = something(tryparse(Int, get(ENV, name, "")), default)
    return (number("LINES", 30), number("COLUMNS", 80))
end

"""
What `showable` says, without having it compiled for each form of each type: that would take longer
than all else that the first cell does.
"""
function is_showable(@nospecialize(mime), @nospecialize(value))
    types = Tuple{typeof(mime),typeof(value)}
    own = which(showable, types).module !== Base.Multimedia  # the type's own idea of it
    return own ? showable(mime, value) : hasmethod(show, Tuple{IO,types.parameters...})
end

"A value in one form, as bytes; shortened as in Julia's console."
function form(@nospecialize(mime), @nospecialize(value))
    if value isa AbstractString && !(mime isa MIME"text/plain")
        return Vector{UInt8}(String(value))
    elseif value isa Vector{UInt8} && !istextmime(mime)
        return value
    end
    buffer = IOBuffer()
    context = IOContext(buffer, :limit => true, :displaysize => displaysize_here())
    show(context, mime, value)
    return take!(buffer)
end

"All forms of a value; always with text/plain."
function bundle_of(@nospecialize(value))
    bundle = Bundle([("text/plain" => form(MIME("text/plain"), value))])
    for forms in (TEXT_FORMS, PICTURES, JSON_FORMS), name in forms
        mime = MIME(name)
        if is_showable(mime, value)
            push!(bundle, name => form(mime, value))
        end
    end
    return bundle
end

"One form of a value, with what stands for it in a console."
function bundle_of(mime::MIME, @nospecialize(value))
    name = string(mime)
    bundle = Bundle([name => form(mime, value)])
    if name != "text/plain"
        plain = value isa AbstractString || value isa Vector{UInt8} ? "<$name>" : repr(value)
        push!(bundle, "text/plain" => Vector{UInt8}(plain))
    end
    return bundle
end

"Show a bundle; kind is result, display or update."
function show_bundle(kind::String, bundle::Bundle; id::String = "", metadata::String = "")
    fields = Vector{UInt8}[Vector{UInt8}(text) for text in (kind, id, metadata)]
    for (mime, data) in bundle
        push!(fields, Vector{UInt8}(mime), data)
    end
    send_frame("D", CURRENT[], fields)
end

"The display that Julia's own `display` finds."
struct NotebookDisplay <: AbstractDisplay end

Base.display(::NotebookDisplay, value) = show_bundle("display", bundle_of(value))
Base.display(::NotebookDisplay, mime::MIME, value) =
    show_bundle("display", bundle_of(mime, value))
Base.displayable(::NotebookDisplay, ::MIME) = true
