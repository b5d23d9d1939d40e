"""
What cells can do beyond Julia's own `display`: show something that is updated later, clear the
output, ask the person. Bound to `Jupyter` in Main, and to `IJulia`.
"""
module Jupyter

import ..KernelRunner: bundle_of, show_bundle, send, receive, CURRENT

"""
    Jupyter.display(value; id = "")
    Jupyter.display(mime, data; id = "")

Show a value in all the forms that it has, or data of a MIME type. What has an id can be updated.
"""
display(value; id = "") = show_bundle("display", bundle_of(value); id = string(id))
display(mime::Union{MIME,AbstractString}, data; id = "") =
    show_bundle("display", bundle_of(MIME(mime), data); id = string(id))

"""
    Jupyter.update(id, value)
    Jupyter.update(id, mime, data)

Show something in the place of what was displayed with this id.
"""
update(id, value) = show_bundle("update", bundle_of(value); id = string(id))
update(id, mime::Union{MIME,AbstractString}, data) =
    show_bundle("update", bundle_of(MIME(mime), data); id = string(id))

"""
    Jupyter.clear_output(wait = false)

Clear the cell's output; with `wait`, as soon as there is more.
"""
clear_output(wait = false) = send("U", CURRENT[], wait ? "1" : "0")

"""
    Jupyter.readprompt(prompt; password = false)

A line from the person; an EOFError where nobody can answer.
"""
function readprompt(prompt = ""; password = false)
    send("W", CURRENT[], string(prompt), password ? "1" : "0")
    while true
        frame = receive()
        if frame.type == 'A' && frame.id == CURRENT[]
            frame.fields[1] == "1" || throw(EOFError())
            return frame.fields[2]
        end
    end
end

end
