defmodule KernelRunner.Evaluator do
  @moduledoc """
  The process that evaluates cells, one after the other, as IEx has one: `self()`, its mailbox and
  its links stay. The agent kills it to stop a cell, and starts another with what is known then:
  each expression at a cell's top level tells its new variables to the agent.
  """

  alias KernelRunner.{Failure, Output}

  # Of larger values there is to be only one: the agent fetches them when they would be lost.
  @large 2 * 1024 * 1024
  @remembered 20
  @key :kernel_runner_bindings

  @doc "Starts one that evaluates with these variables; gives its pid and its monitor."
  def start(agent, bindings, env, limit) do
    spawn_monitor(fn ->
      words = div(limit, :erlang.system_info(:wordsize))
      Process.flag(:max_heap_size, %{size: words, kill: true, error_logger: false})
      loop(agent, Map.to_list(bindings), env)
    end)
  end

  @doc "Where a cell begins: IEx's own helpers are there, and what every cell needs is loaded."
  def first_env do
    env = Code.env_for_eval(file: "In[0]")
    {_, _, env} = Code.eval_quoted_with_env(quote(do: import(IEx.Helpers, warn: false)), [], env)
    {two, _, _} = Code.eval_quoted_with_env(Code.string_to_quoted!("1 + 1"), [], env)
    Jupyter.bundle(two)
    env
  end

  @doc "All the variables of one that is still there, those with large values, too."
  def fetch(evaluator) do
    case Process.info(evaluator, :dictionary) do
      {:dictionary, dictionary} -> Map.new(Keyword.get(dictionary, @key, []))
      nil -> %{}
    end
  end

  defp loop(agent, bindings, env) do
    Process.put(@key, bindings)

    receive do
      {:kernel_runner_evaluate, ^agent, cell} ->
        Output.turn_to(cell.output)
        {result, new_bindings, new_env} = evaluate(agent, cell, bindings, env)
        wait_for_the_end()
        remember(result, cell)
        answer = finish(result, cell)
        Output.flush(cell.output)
        send(agent, {:done, self(), cell.id, answer})

        if cell.expression?,
          do: loop(agent, bindings, env),
          else: loop(agent, new_bindings, new_env)
    end
  end

  defp evaluate(agent, cell, bindings, env) do
    file = "In[#{cell.count}]"

    case parse(cell.code, file) do
      {:ok, expressions} ->
        run(expressions, agent, cell, nil, bindings, %{env | file: file, line: 1})

      {:error, fields} ->
        {{:error, fields}, bindings, env}
    end
  end

  # All is read before the first of it is evaluated.
  defp parse(code, file) do
    case Code.string_to_quoted!(code, file: file) do
      {:__block__, _, expressions} -> {:ok, expressions}
      expression -> {:ok, [expression]}
    end
  catch
    kind, reason -> {:error, Failure.fields(kind, reason, __STACKTRACE__, {file, nil})}
  end

  defp run([], _, _, value, bindings, env), do: {{:ok, value}, bindings, env}

  defp run([expression | rest], agent, cell, _, bindings, env) do
    case run_one(expression, bindings, env) do
      {:ok, value, new_bindings, new_env} ->
        unless cell.expression?, do: tell(agent, bindings, new_bindings, env, new_env)
        value = if rest == [], do: shown(expression, value)
        run(rest, agent, cell, value, new_bindings, new_env)

      {:error, fields} ->
        {{:error, fields}, bindings, env}
    end
  end

  defp run_one(expression, bindings, env) do
    {value, bindings, env} = Code.eval_quoted_with_env(expression, bindings, env)
    Process.put(@key, bindings)
    {:ok, value, bindings, env}
  catch
    kind, reason ->
      {:error, Failure.fields(kind, reason, __STACKTRACE__, {env.file, line(expression)})}
  end

  defp line(expression) do
    {_, line} =
      Macro.prewalk(expression, nil, fn
        {_, meta, _} = node, nil -> {node, meta[:line]}
        node, line -> {node, line}
      end)

    line
  end

  # Definitions and directives have values, too, but those are for macros.
  defp shown({name, _, _}, _)
       when name in [:defmodule, :defprotocol, :defimpl, :alias, :import, :require, :use],
       do: nil

  defp shown({:__block__, _, []}, _), do: nil
  defp shown(_, value), do: {:shown, value}

  defp tell(agent, bindings, new_bindings, env, new_env) do
    old = Map.new(bindings)

    new =
      Enum.reject(new_bindings, fn {name, value} ->
        match?(%{^name => _}, old) and :erts_debug.same(old[name], value)
      end)

    {large, small} = Enum.split_with(new, fn {_, value} -> large?(value) end)
    env = if :erts_debug.same(env, new_env), do: nil, else: new_env

    if new != [] or env do
      send(agent, {:bound, self(), small, Enum.map(large, &elem(&1, 0)), env})
    end
  end

  defp large?(value) when is_atom(value) or is_number(value), do: false
  defp large?(value), do: :erts_debug.size_shared(value) > @large

  # For v/1 of IEx.
  defp remember({:ok, {:shown, value}}, %{expression?: false, count: count}) do
    history = Process.get(:iex_history) || IEx.History.init()
    entry = {String.to_integer(count), value}
    Process.put(:iex_history, IEx.History.append(history, entry, @remembered))
  end

  defp remember(_, _), do: nil

  defp finish({:ok, {:shown, value}}, %{silent?: false} = cell), do: show(value, cell)
  defp finish({:ok, _}, _), do: {"K", []}
  defp finish({:error, fields}, _), do: {"X", fields}

  defp show(value, _) do
    if value != IEx.dont_display_result() do
      {bundle, metadata} = Jupyter.bundle(value)
      Output.show("result", "", metadata, bundle)
    end

    {"K", []}
  catch
    kind, reason -> {"X", Failure.fields(kind, reason, __STACKTRACE__, {"", nil})}
  end

  # After System.stop/1 the machine ends as soon as all applications have.
  defp wait_for_the_end do
    if match?({:stopping, _}, :init.get_status()), do: Process.sleep(:infinity)
  end
end
