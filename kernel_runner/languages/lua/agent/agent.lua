-- The Lua agent: evaluates cells for kernel_runner. kernel_runner/session/frames.py describes how
-- the two talk.
--
-- An interrupt is what the lua program itself makes of SIGINT: a hook that raises "interrupted!"
-- in the main thread. Everything the agent does is done in coroutines, which that hook does not
-- reach; only cells run in the main thread. After a SIGINT, lua is deaf to the next one until it
-- begins another of its -e arguments: so the runner gives it many, and each is one call of `run`.

local folder = debug.getinfo(1, "S").source:match("^@(.*/)")

local pcall, xpcall = pcall, xpcall -- before system.lua gives cells others
local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local unpack = table.unpack
local main = coroutine.running()
local stdout = io.stdout

local MARK = "\27_kernel-runner\27\\"
local EINTR = 4
local PIPE_BUF = 4096 -- what a pipe takes whole, or not at all
local LOOK = 100000 -- instructions of a coroutine, between looks for an interrupt
local REARM = {} -- what the agent yields when lua shall begin its next -e

local requests = assert(io.open("/dev/fd/3", "rb"))
local answers = assert(io.open("/dev/fd/4", "wb"))
answers:setvbuf("no")

local request = 0 -- the id of what is being evaluated
local waiting = {} -- frames that came while an answer was awaited

-- Calls a function where no interrupt reaches it.
local function guarded(f, ...)
  local results = table.pack(resume(create(f), ...))
  if not results[1] then
    error(results[2], 0)
  end
  return unpack(results, 2, results.n)
end

local function flush()
  pcall(stdout.flush, stdout) -- The cell may have closed it.
end

local function send(kind, id, ...)
  local fields, header = { ... }, { kind, id }
  for i = 1, select("#", ...) do
    fields[i] = tostring(fields[i] == nil and "" or fields[i])
    header[#header + 1] = #fields[i]
  end
  if kind == "D" or kind == "U" then
    pcall(stdout.write, stdout, MARK)
  end
  flush()
  local frame = table.concat(header, " ") .. "\n" .. table.concat(fields)
  for start = 1, #frame, PIPE_BUF do
    local piece = frame:sub(start, start + PIPE_BUF - 1)
    local written, message, code
    repeat
      written, message, code = answers:write(piece)
    until written or code ~= EINTR
    if not written then
      os.exit(1) -- The kernel is gone.
    end
  end
end

-- The next frame: type, id, fields. Nothing at the end, and where `patient` is false, nothing
-- after an interrupt.
local function receive(patient)
  local header, message, code
  repeat
    header, message, code = requests:read("L")
    if not header and code ~= EINTR then
      os.exit(0)
    end
  until header or not patient
  if not header then
    return nil
  end
  local kind, id, lengths = header:match("^(%a) (%d+)([%d ]*)")
  local fields = {}
  for length in lengths:gmatch("%d+") do
    fields[#fields + 1] = length == "0" and "" or requests:read(tonumber(length))
  end
  return { kind = kind, id = tonumber(id), fields = fields }
end

-- Asks the person for a line; nil where nobody can answer, or after an interrupt.
local function ask(prompt, password)
  send("W", request, prompt or "", password and "1" or "0")
  while true do
    local frame = receive(false)
    if not frame then
      return nil
    elseif frame.kind == "A" and frame.id == request then
      return frame.fields[1] == "1" and frame.fields[2] or nil
    end
    waiting[#waiting + 1] = frame
  end
end

local values = dofile(folder .. "values.lua")
local source = dofile(folder .. "source.lua")
source.show = values.inspect
dofile(folder .. "jupyter.lua")(values, {
  show = function(kind, bundle, id, metadata)
    local metadata_json = metadata and values.json(metadata)
    guarded(send, "D", request, kind, id, metadata_json, unpack(values.fields(bundle)))
  end,
  clear = function(wait)
    guarded(send, "U", request, wait and "1" or "0")
  end,
  ask = function(prompt, password)
    return guarded(ask, prompt, password)
  end,
})

-- Whether SIGINT would be heard: lua catches it (proc(5), SigCgt; SIGINT is its second bit).
local function hears_interrupts()
  local status = io.open("/proc/self/status", "r")
  if not status then
    return true
  end
  local digit = status:read("a"):match("SigCgt:%s*%x*(%x)")
  status:close()
  return digit == nil or tonumber(digit, 16) & 2 ~= 0
end

-- Makes sure that an interrupt reaches the cell that is to come, and that no late one does.
local function rearm()
  if debug.gethook(main) == "external hook" then
    debug.sethook(main)
  end
  while not hears_interrupts() do
    yield(REARM)
  end
end

-- The message handler of cells: an error and where it was, without the agent's own levels.
local function describe(err)
  local traceback = debug.traceback("", 2)
  traceback = traceback:gsub("\n%s*%[C%]: in %w+ 'xpcall'.*", "")
  local lines = {}
  for line in traceback:gmatch("[^\n]+") do
    if not line:find(folder, 1, true) then
      lines[#lines + 1] = line
    end
  end
  return { err = err, traceback = table.concat(lines, "\n") }
end

local function fail(id, problem)
  if type(problem) ~= "table" or problem.traceback == nil then
    problem = { err = problem } -- It happened beside the cell, or in `describe`.
  end
  local name, message = values.error_name(problem.err), values.error_message(problem.err)
  if message:find("interrupted!$") then
    name = "Interrupted"
  end
  local report = "\27[31m" .. name .. "\27[0m: " .. message
  if problem.traceback then
    report = report .. "\n" .. problem.traceback
  end
  send("X", id, name, message, report)
end

-- Runs a function in the main thread: what pcall would return, as a table.
local function run(f)
  return yield(f)
end

local function evaluate(id, code, count, options)
  local expression = options:find('"expression": *true') ~= nil
  local page = source.question(code)
  if page then
    local payload = { { source = "page", start = 0, data = { ["text/plain"] = page } } }
    return send("K", id, values.json({ payload = payload }))
  end
  local chunk, skipped = source.compile(code, "In[" .. count .. "]", expression)
  if not chunk then
    local message = skipped
    return send("X", id, "SyntaxError", message, "\27[31mSyntaxError\27[0m: " .. message)
  end
  local outcome = run(chunk)
  if outcome[1] and outcome.n > 1 + skipped then
    -- Telling what a value looks like may take code of the cell's own.
    local results = table.pack(unpack(outcome, 2 + skipped, outcome.n))
    outcome = run(function()
      return values.of_results(results)
    end)
    if outcome[1] and outcome[2] then
      send("D", id, "result", "", "", unpack(values.fields(outcome[2])))
      if not expression then
        _G._ = results[1]
      end
    end
  end
  if outcome[1] then
    send("K", id)
  else
    fail(id, outcome[2])
  end
end

-- Comms are not spoken here: one that is opened is closed.
local function comm(kind, id, name)
  if kind == "O" then
    send("L", id, name, "{}", "{}")
  end
  send("K", id)
end

local function begin(id)
  request = id
  rearm()
  send("B", id)
end

local function serve()
  send("R", 0, _VERSION)
  while true do
    local frame = table.remove(waiting, 1) or receive(true)
    local kind, id, fields = frame.kind, frame.id, frame.fields
    if kind == "E" then
      begin(id)
      evaluate(id, fields[1], fields[2], fields[5] or "")
    elseif kind == "O" or kind == "M" or kind == "L" then
      begin(id)
      comm(kind, id, fields[1])
    elseif kind == "C" then
      send("C", id, source.complete(fields[1], tonumber(fields[2])))
    elseif kind == "I" then
      send("I", id, source.inspect(fields[1], tonumber(fields[2]), fields[3] == "1"))
    elseif kind == "P" then
      send("P", id, source.completeness(fields[1]))
    elseif kind == "Q" then
      os.exit(0)
    end
  end
end

local agent = create(serve)
local outcome

-- Runs what the agent yields, in the main thread, until the agent wants lua to go on to its next
-- -e. An interrupt may come between any two instructions here: then the outcome is that.
local function drive()
  while true do
    local last = outcome or { false, "interrupted!" }
    outcome = nil
    local alive, job = resume(agent, last)
    if not alive then
      io.stderr:write(debug.traceback(agent, tostring(job)), "\n")
      os.exit(70)
    elseif job == REARM then
      outcome = { true, n = 1 }
      return
    end
    outcome = table.pack(xpcall(job, describe))
    if not outcome[1] then
      return
    end
  end
end

-- Where %dep installs; the person's own path still comes first.
local function find_packages(place)
  local version = _VERSION:match("%d.%d")
  local sources = place .. "/share/lua/" .. version
  package.path = package.path .. ";" .. sources .. "/?.lua;" .. sources .. "/?/init.lua"
  package.cpath = package.cpath .. ";" .. place .. "/lib/lua/" .. version .. "/?.so"
end

find_packages(os.getenv("KERNEL_RUNNER_PACKAGES"))
dofile(folder .. "system.lua")(main, LOOK)
if warn then
  warn("@on")
end
arg = { [0] = "lua" }

package.loaded.kernel_runner = function()
  pcall(drive)
end
