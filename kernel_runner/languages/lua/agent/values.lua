-- Values as text and as MIME bundles.

local values = {}

local WIDTH = 80 -- columns, before a table is broken into lines
local DEPTH = 6 -- levels of tables in tables
local MOST = 200 -- fields of one table

-- Metamethods that give a value another form, as __tostring gives it one as text.
local FORMS = {
  { "text/html", "__tohtml" },
  { "text/markdown", "__tomarkdown" },
  { "text/latex", "__tolatex" },
  { "image/svg+xml", "__tosvg" },
  { "image/png", "__topng" },
  { "image/jpeg", "__tojpeg" },
}

local KEYWORDS = {}
for word in
  ([[and break do else elseif end false for function goto if in local nil not or repeat return
     then true until while]]):gmatch("%a+")
do
  KEYWORDS[word] = true
end

local function metamethod(value, name)
  local metatable = debug.getmetatable(value)
  return type(metatable) == "table" and rawget(metatable, name) or nil
end

local ESCAPES = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\27"] = "\\27" }

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("[\n\r\t\27]", ESCAPES):gsub("%z", "\\0") .. '"'
end

local function is_name(key)
  return type(key) == "string" and key:find("^[%a_][%w_]*$") and not KEYWORDS[key]
end

-- Numbers first, then strings, then the rest, each in their own order.
local function before(a, b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a == kind_b and (kind_a == "number" or kind_a == "string") then
    return a < b
  end
  local ranks = { number = 1, string = 2 }
  local rank_a, rank_b = ranks[kind_a] or 3, ranks[kind_b] or 3
  return rank_a < rank_b or rank_a == rank_b and rank_a == 3 and tostring(a) < tostring(b)
end

local inspect

local function key_text(key, depth, seen)
  return is_name(key) and key or "[" .. inspect(key, depth, seen) .. "]"
end

-- The texts of a table's fields, the sequence first; no more than a person would read.
local function fields_of(t, depth, seen)
  local texts, length = {}, #t
  for i = 1, math.min(length, MOST) do
    texts[i] = inspect(rawget(t, i), depth, seen)
  end
  local keys = {}
  for key in next, t do
    if not (math.type(key) == "integer" and key >= 1 and key <= length) then
      keys[#keys + 1] = key
    end
  end
  pcall(table.sort, keys, before)
  for _, key in ipairs(keys) do
    if #texts >= MOST then
      break
    end
    local value = inspect(rawget(t, key), depth, seen)
    texts[#texts + 1] = key_text(key, depth, seen) .. " = " .. value
  end
  local more = length + #keys - #texts
  if more > 0 then
    texts[#texts + 1] = "... " .. more .. " more"
  end
  return texts
end

local function table_text(t, depth, seen)
  if seen[t] then
    return "<" .. tostring(t) .. ">"
  elseif depth > DEPTH then
    return next(t) == nil and "{}" or "{...}"
  end
  seen[t] = true
  local texts = fields_of(t, depth + 1, seen)
  seen[t] = nil
  local line = "{" .. table.concat(texts, ", ") .. "}"
  if #line <= WIDTH and not line:find("\n") then
    return line
  end
  local indent = ("  "):rep(depth)
  return "{\n" .. indent .. table.concat(texts, ",\n" .. indent) .. "\n" .. indent:sub(3) .. "}"
end

-- A value as its source would read, where it has one.
function inspect(value, depth, seen)
  if type(value) == "string" then
    return quoted(value)
  elseif type(value) == "table" and not metamethod(value, "__tostring") then
    return table_text(value, depth or 1, seen or {})
  end
  return tostring(value)
end

values.inspect = inspect

-- Any data as JSON; a table is an array where it is a sequence.
function values.json(value)
  local kind = type(value)
  if kind == "string" then
    local text = value:gsub('[%c"\\]', function(letter)
      return ("\\u%04x"):format(letter:byte())
    end)
    return '"' .. text .. '"'
  elseif kind == "number" and value == value and math.abs(value) ~= math.huge then
    return (("%.17g"):format(value))
  elseif kind == "boolean" then
    return tostring(value)
  elseif kind ~= "table" then
    return "null"
  end
  local parts = {}
  if next(value) == nil or #value > 0 then
    for i, each in ipairs(value) do
      parts[i] = values.json(each)
    end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, each in pairs(value) do
    parts[#parts + 1] = values.json(tostring(key)) .. ":" .. values.json(each)
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

-- Whether a table is a bundle itself: MIME types and data.
function values.is_bundle(t)
  if type(t) ~= "table" or next(t) == nil then
    return false
  end
  for key in next, t do
    if type(key) ~= "string" or not key:find("^%a[%w.+-]*/[%w.+-]+$") then
      return false
    end
  end
  return true
end

-- All the forms of a value; always with text/plain.
function values.bundle(value)
  local bundle = {}
  local tobundle = metamethod(value, "__tobundle")
  if tobundle then
    for mime, data in pairs(tobundle(value)) do
      bundle[mime] = data
    end
  end
  for _, form in ipairs(FORMS) do
    local convert = metamethod(value, form[2])
    if convert then
      bundle[form[1]] = convert(value)
    end
  end
  bundle["text/plain"] = bundle["text/plain"] or inspect(value)
  return bundle
end

-- A bundle as fields of a frame: type, data, type, data.
function values.fields(bundle)
  local fields = {}
  for mime, data in pairs(bundle) do
    fields[#fields + 1] = mime
    fields[#fields + 1] = type(data) == "string" and data or values.json(data)
  end
  return fields
end

-- The bundle of what a cell has returned; nil where that is nothing to be shown.
function values.of_results(results)
  if results.n == 1 then
    if io.type(results[1]) then
      return nil -- Files return themselves, so that writes can be chained.
    end
    return values.bundle(results[1])
  end
  local texts = {}
  for i = 1, results.n do
    texts[i] = inspect(results[i])
  end
  return { ["text/plain"] = table.concat(texts, "\t") }
end

-- What the error is called: its class, where it says so, else what every error is in Lua.
function values.error_name(err)
  local name = metamethod(err, "__name")
  return type(err) ~= "string" and type(name) == "string" and name or "error"
end

function values.error_message(err)
  if type(err) == "string" then
    return err
  elseif metamethod(err, "__tostring") then
    local ok, text = pcall(tostring, err)
    return ok and text or "(error object that cannot be told)"
  end
  return inspect(err)
end

return values
