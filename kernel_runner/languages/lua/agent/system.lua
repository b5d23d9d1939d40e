-- Where Lua's library does less than a notebook needs: programs that a cell starts do not get the
-- agent's descriptors, coroutines can be interrupted, no pcall keeps an interrupt to itself, and
-- there are an environment and a directory that can be changed.

return function(main, look)
  local execute, popen, getenv = os.execute, io.popen, os.getenv
  local stdout = io.stdout
  local create, wrap = coroutine.create, coroutine.wrap
  local environment = {} -- what %env has set

  local function quoted(text)
    return "'" .. text:gsub("'", [['\'']]) .. "'"
  end

  -- A command for a shell without the kernel's two pipes, and our copies of them.
  local function prepared(command)
    local parts = { "exec 3<&- 4>&- 5<&- 6>&-; " }
    for name, value in pairs(environment) do
      parts[#parts + 1] = "export " .. name .. "=" .. quoted(value) .. "; "
    end
    parts[#parts + 1] = command
    return table.concat(parts)
  end

  function os.execute(command)
    if command == nil then
      return execute()
    end
    stdout:flush()
    local ok, how, code = execute(prepared(command))
    if how == "signal" and code == 2 then
      error("interrupted!", 0) -- While a program runs, system(3) keeps SIGINT from us.
    end
    return ok, how, code
  end

  function io.popen(command, mode)
    stdout:flush()
    return popen(prepared(command), mode)
  end

  -- What lua itself would say of a bad argument, which it sees as one of pcall's.
  local function as_called(message, is_method)
    return (message:gsub("^bad argument #(%d+) to '%?'", function(number)
      number = tonumber(number)
      return ("bad argument #%d to 'write'"):format(is_method and number > 1 and number - 1 or number)
    end))
  end

  -- C flushes stdout where a line ends; what is written without its end is to be seen at once, too.
  local function live(write, is_method)
    return function(...)
      local results = table.pack(pcall(write, ...))
      if not results[1] then
        error(as_called(results[2], is_method), 2)
      end
      local last = select(-1, "\n", ...)
      if results[2] == stdout and (type(last) ~= "string" or last:byte(-1) ~= 10) then
        stdout:flush()
      end
      return table.unpack(results, 2, results.n)
    end
  end

  local files = getmetatable(stdout).__index
  io.write = live(io.write, false)
  files.write = live(files.write, true)

  function os.getenv(name)
    return environment[name] or getenv(name)
  end

  -- Lua's hook for SIGINT stops the main thread, and has to wait while a coroutine runs.
  local function check()
    if debug.gethook(main) == "external hook" then
      error("interrupted!", 0)
    end
  end

  local function interruptible(f)
    if type(f) ~= "function" then
      return f
    end
    return function(...)
      debug.sethook(check, "", look)
      return f(...)
    end
  end

  function coroutine.create(f)
    return create(interruptible(f))
  end

  function coroutine.wrap(f)
    return wrap(interruptible(f))
  end

  local protected, handled = pcall, xpcall

  local function passed_on(interrupt, ...)
    if interrupt then
      error(interrupt, 0)
    end
    return ...
  end

  local function interrupt_in(err)
    return type(err) == "string" and err:find("interrupted!$") and err or nil
  end

  -- Lua hears the next interrupt only in the next cell, so that this one must end the cell.
  local function unless_interrupted(ok, ...)
    return passed_on(not ok and interrupt_in((...)), ok, ...)
  end

  function pcall(...)
    return unless_interrupted(protected(...))
  end

  function xpcall(f, handler, ...)
    local interrupt
    local function handle(err)
      interrupt = interrupt_in(err)
      return handler(err)
    end
    return (function(...)
      return passed_on(interrupt, ...)
    end)(handled(f, handler and handle, ...))
  end

  local jupyter = package.loaded.jupyter

  -- For programs that cells start, and os.getenv.
  function jupyter.setenv(name, value)
    environment[name] = value
  end

  function jupyter.chdir(path)
    local found, lfs = pcall(require, "lfs")
    if not found then
      local message = "Lua cannot change its directory without LuaFileSystem"
      io.stderr:write(message, " (`apt-get install lua-filesystem`).\n")
      return
    end
    local ok, message = lfs.chdir(path)
    if not ok then
      io.stderr:write(message, "\n")
    end
  end
end
