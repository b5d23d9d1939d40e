-- What cells have besides Lua's own library: `display`, and the module `jupyter`.

return function(values, session)
  local jupyter = {}

  -- A value that is shown as what it was made of: jupyter.html("<b>bold</b>").
  local Rich = {
    __name = "jupyter.rich",
    __tobundle = function(self)
      return self.bundle
    end,
    __tostring = function(self)
      return self.bundle["text/plain"] or "<" .. next(self.bundle) .. ">"
    end,
  }

  function jupyter.rich(bundle)
    return setmetatable({ bundle = bundle }, Rich)
  end

  local FORMS = {
    html = "text/html",
    markdown = "text/markdown",
    latex = "text/latex",
    svg = "image/svg+xml",
    png = "image/png",
    jpeg = "image/jpeg",
    json = "application/json",
    javascript = "application/javascript",
  }
  for name, mime in pairs(FORMS) do
    jupyter[name] = function(data)
      return jupyter.rich({ [mime] = data })
    end
  end

  -- Rows, each a sequence or a record with the columns' names, as a table to look at.
  function jupyter.table(rows, columns)
    local function escape(value)
      return (tostring(value):gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
    end
    local html, plain = {}, {}
    local function add(cells, tag)
      local shown = {}
      for i, cell in ipairs(cells) do
        shown[i] = "<" .. tag .. ">" .. escape(cell) .. "</" .. tag .. ">"
      end
      html[#html + 1] = "<tr>" .. table.concat(shown) .. "</tr>"
      plain[#plain + 1] = table.concat(cells, "\t")
    end
    if columns then
      add(columns, "th")
    end
    for _, row in ipairs(rows) do
      local cells = {}
      for i = 1, columns and #columns or #row do
        local value = row[i]
        if value == nil and columns then
          value = row[columns[i]]
        end
        cells[i] = value == nil and "" or tostring(value)
      end
      add(cells, "td")
    end
    return jupyter.rich({
      ["text/html"] = "<table>" .. table.concat(html) .. "</table>",
      ["text/plain"] = table.concat(plain, "\n"),
    })
  end

  -- The bundle of display's arguments: a MIME type and data, a bundle, or any value.
  local function bundle_of(what, data)
    if data ~= nil then
      local bundle = { [what] = data }
      bundle["text/plain"] = bundle["text/plain"] or "<" .. what .. ">"
      return bundle
    end
    local value = values.is_bundle(what) and jupyter.rich(what) or what
    return values.bundle(value)
  end

  -- display(value), display(bundle) or display(mime, data); with an id it can be updated.
  function jupyter.display(what, data, id, metadata)
    session.show("display", bundle_of(what, data), id, metadata)
  end

  function jupyter.update(id, what, data, metadata)
    session.show("update", bundle_of(what, data), id, metadata)
  end

  -- Clears the cell's output, or where `wait` is true, does so when there is more.
  function jupyter.clear(wait)
    session.clear(wait)
  end

  -- A line from the person; nil where nobody can answer.
  function jupyter.input(prompt)
    return session.ask(prompt, false)
  end

  function jupyter.password(prompt)
    return session.ask(prompt, true)
  end

  package.loaded.jupyter = jupyter
  _G.jupyter = jupyter
  _G.display = jupyter.display
end
