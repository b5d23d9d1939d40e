defmodule KernelRunner.Assist do
  @moduledoc """
  Answers what is asked beside the cells: completion, inspection, whether code is complete. Each
  answer comes from a process of its own.
  """

  alias KernelRunner.Frames

  @reserved ~w(after and catch do else end false fn in nil not or rescue true when)
  @special ~w(case cond for fn quote receive super try unquote unquote_splicing with)

  def start(type, id, fields, bindings, env) do
    spawn(fn ->
      # What is parsed here may have warnings, which are not for now.
      Process.group_leader(self(), spawn_link(&swallow/0))
      Frames.send(type, id, answer(type, fields, bindings, env))
      exit(:shutdown)
    end)
  end

  defp answer(type, fields, bindings, env) do
    case {type, fields} do
      {"C", [code, offset]} -> complete(code, String.to_integer(offset), bindings, env)
      {"I", [code, offset | _]} -> inspect_name(code, String.to_integer(offset), bindings, env)
      {"P", [code]} -> complete?(code)
    end
  catch
    _, _ -> if type == "P", do: ["unknown", ""], else: []
  end

  defp swallow do
    receive do
      {:io_request, from, ref, _} -> send(from, {:io_reply, ref, :ok})
    end

    swallow()
  end

  # 1. Whether code is complete: the tokenizer says so when it wants more

  defp complete?(code) do
    case Code.string_to_quoted(code) do
      {:ok, _} -> ["complete", ""]
      {:error, {_, _, ""}} -> ["incomplete", indent(code)]
      {:error, _} -> ["invalid", ""]
    end
  end

  defp indent(code) do
    line = code |> String.trim_trailing() |> String.split("\n") |> List.last()
    [spaces] = Regex.run(~r/^ */, line)
    if line =~ ~r/(\bdo|\bfn|->|\belse|[(\[{])$/, do: spaces <> "  ", else: spaces
  end

  # 2. Completion

  defp complete(code, offset, bindings, env) do
    before = binary_part(code, 0, min(offset, byte_size(code)))
    [typed] = Regex.run(~r/[\p{L}\p{N}_]*[!?]?\z/u, before)
    start = byte_size(before) - byte_size(typed)
    names = before |> binary_part(0, start) |> candidates(typed, bindings, env)
    matches = names |> Enum.filter(&String.starts_with?(&1, typed)) |> Enum.uniq() |> Enum.sort()
    [start, offset | matches]
  end

  defp candidates(before, typed, bindings, env) do
    case Regex.run(~r/((?::|@)?[\p{L}\p{N}_.]*[\p{L}\p{N}_])\.\z/u, before) do
      [_, owner] -> members(owner, bindings, env)
      nil -> if before =~ ~r/(^|[^:]):\z/, do: erlang_modules(), else: names(typed, bindings, env)
    end
  end

  defp members(owner, bindings, env) do
    case value_of(owner, bindings, env) do
      {:ok, module} when is_atom(module) -> submodules(module) ++ functions(module)
      {:ok, %{} = map} -> for key <- Map.keys(map), is_atom(key), do: Atom.to_string(key)
      _ -> []
    end
  end

  defp names(typed, bindings, env) do
    if typed =~ ~r/^\p{Lu}/u do
      aliases = Enum.map(env.aliases, fn {name, _} -> inspect(name) end)
      aliases ++ submodules(Elixir)
    else
      imports = for {_, list} <- env.functions ++ env.macros, {name, _} <- list, do: name
      Enum.map(variables(bindings) ++ imports, &Atom.to_string/1) ++ @reserved ++ @special
    end
  end

  defp variables(bindings), do: for({name, _} <- bindings, is_atom(name), do: name)

  defp functions(module) do
    with {:module, _} <- Code.ensure_loaded(module) do
      exports = module.module_info(:exports)

      for {name, arity} <- exports, name = Atom.to_string(name), shown?(name, arity) do
        String.replace_prefix(name, "MACRO-", "")
      end
    else
      _ -> []
    end
  end

  defp shown?("MACRO-_" <> _, _), do: false
  defp shown?("_" <> _, _), do: false
  defp shown?("behaviour_info", 1), do: false
  defp shown?(name, _), do: name =~ ~r/^(MACRO-)?[\p{Ll}]/u

  defp submodules(module) do
    prefix = Atom.to_string(module) <> "."

    if String.starts_with?(prefix, "Elixir.") do
      for name <- module_names(), String.starts_with?(name, prefix) do
        name |> String.replace_prefix(prefix, "") |> String.split(".") |> hd()
      end
    else
      []
    end
  end

  defp erlang_modules, do: Enum.reject(module_names(), &String.starts_with?(&1, "Elixir."))

  defp module_names do
    loaded = for {module, _} <- :code.all_loaded(), do: Atom.to_string(module)

    known =
      for path <- :code.get_path(),
          {:ok, files} <- [:erl_prim_loader.list_dir(path)],
          file <- files,
          name = List.to_string(file),
          String.ends_with?(name, ".beam"),
          do: String.replace_suffix(name, ".beam", "")

    Enum.reject(loaded ++ known, &(&1 =~ ~r/^Elixir\.KernelRunner\b|[^\w.]/))
  end

  # What a name stands for, without calling anything.
  defp value_of(":" <> name, _, _), do: {:ok, String.to_existing_atom(name)}

  defp value_of(name, bindings, env) do
    case Code.string_to_quoted(name) do
      {:ok, {:__aliases__, _, _} = quoted} -> {:ok, Macro.expand(quoted, env)}
      {:ok, quoted} -> look_up(quoted, bindings)
      _ -> :error
    end
  end

  defp look_up({name, _, nil}, bindings), do: Map.fetch(bindings, name)

  defp look_up({{:., _, [owner, key]}, _, []}, bindings) do
    with {:ok, %{} = map} <- look_up(owner, bindings), do: Map.fetch(map, key)
  end

  defp look_up(_, _), do: :error

  # 3. Inspection

  defp inspect_name(code, offset, bindings, env) do
    offset = min(offset, byte_size(code))
    before = binary_part(code, 0, offset)
    behind = binary_part(code, offset, byte_size(code) - offset)
    [left] = Regex.run(~r/:?[\p{L}\p{N}_.]*[!?]?\z/u, before)
    [right] = Regex.run(~r/\A[\p{L}\p{N}_]*[!?]?/u, behind)

    case left <> right do
      "" -> []
      name -> bundle(describe(String.trim_trailing(name, "."), bindings, env))
    end
  end

  defp bundle(nil), do: []
  defp bundle(text), do: ["text/plain", text, "text/markdown", text]

  defp describe(name, bindings, env) do
    case value_of(name, bindings, env) do
      {:ok, module} when is_atom(module) -> of_module(module) || inspect(module)
      {:ok, value} -> inspect(value, pretty: true, limit: 50)
      :error -> of_function(name, bindings, env)
    end
  end

  defp of_module(module) do
    with {:docs_v1, _, _, _, %{"en" => text}, _, _} <- Code.fetch_docs(module) do
      "# #{inspect(module)}\n\n#{text}"
    else
      _ -> nil
    end
  end

  defp of_function(name, bindings, env) do
    {owner, function} =
      case Regex.run(~r/^(.*)\.([^.]+)$/u, name) do
        [_, owner, function] -> {owner, function}
        nil -> {nil, name}
      end

    with {:ok, modules} <- owners(owner, function, bindings, env),
         [_ | _] = texts <- Enum.flat_map(modules, &docs(&1, function)) do
      Enum.join(texts, "\n\n")
    else
      _ -> nil
    end
  end

  defp owners(nil, function, _, env) do
    imported =
      for {module, list} <- env.functions ++ env.macros,
          Enum.any?(list, fn {name, _} -> Atom.to_string(name) == function end),
          do: module

    {:ok, Enum.uniq(imported ++ [Kernel.SpecialForms])}
  end

  defp owners(owner, _, bindings, env) do
    with {:ok, module} when is_atom(module) <- value_of(owner, bindings, env), do: {:ok, [module]}
  end

  defp docs(module, function) do
    case Code.fetch_docs(module) do
      {:docs_v1, _, _, _, _, _, docs} ->
        for {{kind, name, _}, _, signature, doc, _} <- docs,
            kind in [:function, :macro] and Atom.to_string(name) == function do
          "## #{inspect(module)}.#{Enum.join(signature, " ")}\n\n#{text(doc)}"
        end

      _ ->
        []
    end
  end

  defp text(%{"en" => text}), do: text
  defp text(_), do: ""
end
