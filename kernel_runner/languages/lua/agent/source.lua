-- What there is to know about code: how a cell is compiled, its names, whether it is complete.

local source = {}

local TRIED = 100 -- lines, from a cell's end, in which its last expression may begin
local cells = {} -- the lines of each cell that defined something, by chunk name

local KEYWORDS = [[and break do else elseif end false for function goto if in local nil not or
  repeat return then true until while]]

-- Makes a chunk return an expression's values behind a first one that means nothing: without that
-- a call would be a tail call, and its line not in a traceback.
local RETURN = "return nil, "

-- Where the last statement is an expression, the cell with `return` before it.
--
-- It begins a line, all before it is a chunk, and all from there on what can be returned. Where
-- the cell is valid as it is, that line might go on an expression: unless it begins with a name.
local function with_return(code, valid)
  local ends, tried = #code, 0
  while ends > 0 and tried < TRIED do
    local start = ends
    while start > 0 and code:byte(start) ~= 10 do
      start = start - 1
    end
    local before, rest = code:sub(1, start), code:sub(start + 1)
    local can_begin = rest:find(valid and "^%s*[%a_]" or "^%s*[^%s]")
    if can_begin and load(RETURN .. rest, "=", "t") and load(before, "=", "t") then
      return before .. RETURN .. rest
    end
    ends, tried = start - 1, tried + 1
  end
end

-- A cell's function, and how many of its results are before those of the last expression; or nil
-- and what is wrong.
function source.compile(code, name, expression)
  local chunk_name = "=" .. name
  local chunk, message = load(RETURN .. code:gsub("^%s*=", "", 1), chunk_name, "t")
  if chunk then
    return chunk, 1
  elseif expression then
    return nil, message
  end
  chunk, message = load(code, chunk_name, "t")
  if chunk then
    cells[name] = code
  end
  local returning = #code < 65536 and with_return(code, chunk ~= nil)
  if returning then
    cells[name] = code
    return load(returning, chunk_name, "t"), 1
  end
  return chunk, chunk and 0 or message
end

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\r?\n") do
    lines[#lines + 1] = line
  end
  return lines
end

-- The value that a path like string.format names, the table that it is in, and whether there is
-- such a value.
local function resolve(path)
  local value, found = _G, true
  for name in path:gmatch("[%w_]+") do
    found, value = pcall(function()
      return value[name]
    end)
    if not found or value == nil then
      return nil
    end
  end
  return value
end

-- The names that a value can be indexed with, its metatable's __index included.
local function keys_of(value)
  local keys, seen = {}, {}
  while type(value) == "table" or debug.getmetatable(value) do
    if seen[value] then
      break
    end
    seen[value] = true
    if type(value) == "table" then
      for key in next, value do
        if type(key) == "string" and key:find("^[%a_][%w_]*$") then
          keys[key] = true
        end
      end
    end
    local metatable = debug.getmetatable(value)
    value = type(metatable) == "table" and rawget(metatable, "__index") or nil
  end
  return keys
end

-- Start, end, and the matches for the word that ends at a byte offset.
function source.complete(code, offset)
  local path = code:sub(1, offset):match("[%w_.:]*$")
  local owner, typed = path:match("^(.*)[.:]([%w_]*)$")
  typed = typed or path
  if not owner and typed == "" then
    return offset, offset
  end
  local names = keys_of(owner and resolve(owner) or _G)
  if owner and resolve(owner) == nil then
    names = {}
  elseif not owner then
    for word in KEYWORDS:gmatch("%a+") do
      names[word] = true
    end
    local others = code:sub(1, offset - #typed) .. " " .. code:sub(offset + 1):gsub("^[%w_]+", "")
    for name in others:gmatch("[%a_][%w_]*") do
      names[name] = true
    end
  end
  local matches = {}
  for name in pairs(names) do
    if name:sub(1, #typed) == typed and name ~= typed then
      matches[#matches + 1] = name
    end
  end
  table.sort(matches)
  return offset - #typed, offset, table.unpack(matches, 1, math.min(#matches, 200))
end

local function parameters_of(f)
  local info, names = debug.getinfo(f, "u"), {}
  for i = 1, info.nparams do
    names[i] = debug.getlocal(f, i)
  end
  if info.isvararg then
    names[#names + 1] = "..."
  end
  return "(" .. table.concat(names, ", ") .. ")"
end

-- The text in which a function was defined, where it is still there.
local function text_of(info)
  if info.source:find("^@") then
    local file = io.open(info.source:sub(2))
    local text = file and file:read("a")
    return text, file and file:close()
  end
  return cells[info.source:sub(2)]
end

-- A function's definition, and the comment above it.
local function definition_of(f)
  local info = debug.getinfo(f, "S")
  local text = info.what ~= "C" and text_of(info)
  if not text then
    return nil
  end
  local lines = lines_of(text)
  local first = info.linedefined
  while first > 1 and lines[first - 1]:find("^%s*%-%-") do
    first = first - 1
  end
  local comment = table.concat(lines, "\n", first, info.linedefined - 1)
  return comment, table.concat(lines, "\n", info.linedefined, info.lastlinedefined)
end

local function describe(name, value, detailed, inspect)
  if type(value) ~= "function" then
    return name .. ": " .. type(value) .. "\n\n" .. inspect(value)
  end
  local info = debug.getinfo(value, "S")
  if info.what == "C" then
    return name .. ": function of Lua's library, or of a C module"
  end
  local about = { name .. parameters_of(value) }
  local comment, definition = definition_of(value)
  about[#about + 1] = comment ~= "" and comment or nil
  about[#about + 1] = detailed and definition or nil
  about[#about + 1] = "defined in " .. info.short_src .. ":" .. info.linedefined
  return table.concat(about, "\n\n")
end

-- What there is to tell about the name at a byte offset, as fields of a frame.
function source.inspect(code, offset, detailed)
  local name = code:sub(1, offset):match("[%w_.:]*$") .. code:sub(offset + 1):match("^[%w_]*")
  local value = name ~= "" and resolve(name) or nil
  if value == nil then
    return
  end
  local ok, about = pcall(describe, name, value, detailed, source.show)
  if ok then
    return "text/plain", about
  end
end

-- The answer to a cell that asks `name?` or `name??`; nil where it is none.
function source.question(code)
  local name, marks = code:match("^%s*([%a_][%w_.:]*)%s*(%?%??)%s*$")
  if name then
    local _, about = source.inspect(name, #name, marks == "??")
    return about or "There is no " .. name .. "."
  end
end

-- The indentation of the line after an incomplete text.
local function next_indent(code)
  local last = code:match("([^\n]*)%s*$") or ""
  local indent = last:match("^%s*")
  local bare = last:gsub("%-%-.*$", ""):gsub("%s+$", "")
  for _, opener in ipairs({ "then$", "do$", "else$", "repeat$", "%b()$", "[{(]$" }) do
    if bare:find(opener) and (opener ~= "%b()$" or bare:find("function%f[%W]")) then
      return indent .. "  "
    end
  end
  return indent
end

-- Status and indent, as fields of a frame.
function source.completeness(code)
  if source.question(code) or load(RETURN .. code, "=", "t") then
    return "complete", ""
  end
  local chunk, message = load(code, "=", "t")
  if chunk or with_return(code, false) then
    return "complete", ""
  elseif message:find("<eof>'?$") and not message:find("unfinished string", 1, true) then
    return "incomplete", next_indent(code)
  end
  return "invalid", ""
end

return source
