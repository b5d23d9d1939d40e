# What is to be told about code: names to complete it with, help, whether it is complete.

const MOST_MATCHES = 200

"Start and end (byte offsets) and the matches, as fields of a frame."
function complete(code::String, offset::Int)
    before = String(codeunits(code)[1:offset])
    found, range, _ = REPL.REPLCompletions.completions(before, lastindex(before), Main)
    texts = unique!(String[REPL.REPLCompletions.completion_text(each) for each in found])
    start = first(range) - 1
    typed = before[first(range):end]
    filter!(text -> text != typed, texts)
    return [string(start), string(offset), first_of(texts, MOST_MATCHES)...]
end

first_of(items, most) = length(items) > most ? items[1:most] : items

"The name at a byte offset, which may be a path like Base.Sort."
function name_at(code::String, offset::Int)
    before = match(r"(?:[\w!]+\.)*[\w!]*$", String(codeunits(code)[1:offset])).match
    after = match(r"^[\w!]*", String(codeunits(code)[offset+1:end])).match
    return string(before, after)
end

"What Julia's help says of a name; nothing where there is no such thing."
function documentation(name::AbstractString)
    expression = Meta.parse(name; raise = false)
    keyword = Symbol(name)
    is_keyword = haskey(Base.Docs.keywords, keyword)
    is_keyword || expression isa Symbol || Meta.isexpr(expression, :.) || return nothing
    if !is_keyword
        known = try
            Core.eval(Main, expression)
            true
        catch
            false
        end
        known || return nothing
        return Core.eval(Main, :(Base.Docs.@doc $expression))
    end
    return Base.Docs.parsedoc(Base.Docs.keywords[keyword])
end

"Fields of a frame: what there is to show about the name at a byte offset."
function inspect(code::String, offset::Int)
    name = name_at(code, offset)
    about = isempty(name) ? nothing : documentation(name)
    about === nothing && return String[]
    fields = String[]
    for mime in ("text/plain", "text/html", "text/markdown")
        showable(MIME(mime), about) || continue
        push!(fields, mime, String(form(MIME(mime), about)))
    end
    return fields
end

"What `?name` answers in a cell."
function help(name::AbstractString)
    about = documentation(name)
    about === nothing && println("Couldn't find $name.")
    return about
end

"Status, and the indentation of the next line."
function completeness(code::String)
    isempty(strip(code)) && return ("complete", "")
    first(code) in "?;]" && return ("complete", "")
    problem = find_problem(Base.parse_input_line(code))
    problem === nothing && return ("complete", "")
    problem.head === :incomplete && return ("incomplete", next_indent(code))
    return ("invalid", "")
end

const BLOCKS = "function|for|while|if|elseif|else|let|begin|try|catch|finally|quote|(mutable )?struct"
const OPENERS = Regex("^\\s*($BLOCKS|macro|module)\\b|(\\bdo\\b.*|\\bbegin|[(\\[{])\\s*\$")

function next_indent(code::String)
    line = split(rstrip(code), '\n')[end]
    indent = match(r"^\s*", line).match
    return occursin(OPENERS, line) ? "$indent    " : String(indent)
end
