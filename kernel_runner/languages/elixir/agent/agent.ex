defmodule KernelRunner.Agent do
  @moduledoc """
  The Elixir agent: evaluates cells in this BEAM. See kernel_runner/session/frames.py.

  One process reads the requests and knows what is under way; another evaluates
  (`KernelRunner.Evaluator`), and each cell has a third for its output (`KernelRunner.Output`).
  So questions are answered while a cell runs, and a cell can be stopped at any time.
  """

  alias KernelRunner.{Assist, Evaluator, Failure, Frames, Output}

  # How much memory a cell's process may take, in bytes: an endless recursion takes all there is.
  @limit 1024 * 1024 * 1024

  # How many frames a stack trace has: most are those of Erlang's interpreter, and not shown.
  @frames 60

  defstruct buffer: "",
            work: :queue.new(),
            running: nil,
            evaluator: nil,
            monitor: nil,
            bindings: %{},
            large: MapSet.new(),
            env: nil

  @doc "Starts it, in the background: Erlang has not finished its own start before this returns."
  def main do
    spawn(fn ->
      try do
        start()
      catch
        kind, reason ->
          text = Exception.format(kind, reason, __STACKTRACE__)
          Output.flush(Output.own(self()))
          :erlang.display_string(String.to_charlist(text <> "\n"))
          System.halt(70)
      end
    end)
  end

  defp start do
    port = Frames.open()
    Output.set_up()
    Process.group_leader(self(), Output.own(self()))
    {:ok, _} = Application.ensure_all_started(:iex)
    :erlang.system_flag(:backtrace_depth, @frames)
    Code.compiler_options(ignore_module_conflict: true, tracers: [KernelRunner.Stream.Halts])
    Frames.send("R", "0", [System.version()])
    # A message of a first cell may come before this is done, and then looks like Erlang's own.
    spawn(fn -> Application.ensure_all_started(:logger) end)
    serve(port, start_evaluator(%__MODULE__{env: Evaluator.first_env()}))
  end

  defp start_evaluator(state) do
    {evaluator, monitor} = Evaluator.start(self(), state.bindings, state.env, @limit)
    %{state | evaluator: evaluator, monitor: monitor}
  end

  defp serve(port, state) do
    receive do
      {^port, {:data, data}} ->
        {frames, buffer} = Frames.split(state.buffer <> data)
        serve(port, Enum.reduce(frames, %{state | buffer: buffer}, &request/2))

      {^port, :eof} ->
        System.halt(0)

      message ->
        serve(port, heard(message, state))
    end
  end

  # 1. Requests

  defp request({type, id, fields}, state) when type in ["E", "O", "M", "L"] do
    next(%{state | work: :queue.in({type, id, fields}, state.work)})
  end

  defp request({type, id, fields}, state) when type in ["C", "I", "P"] do
    Assist.start(type, id, fields, state.bindings, state.env)
    state
  end

  defp request({"S", _, _}, %{running: nil} = state), do: state
  defp request({"S", _, _}, state), do: interrupt(state)
  defp request({"Q", _, _}, _), do: System.halt(0)

  defp request({"A", _, [answered, value]}, %{running: %{output: output}} = state) do
    Output.answer(output, answered == "1", value)
    state
  end

  defp request(_, state), do: state

  defp next(%{running: nil} = state) do
    case :queue.out(state.work) do
      {:empty, _} -> state
      {{:value, {"E", id, fields}}, work} -> evaluate(id, fields, %{state | work: work})
      {{:value, {type, id, fields}}, work} -> comm(type, id, fields, %{state | work: work})
    end
  end

  defp next(state), do: state

  defp evaluate(id, [code, count, stdout, stderr, options | _], state) do
    output = Output.start(id, stdout, stderr)
    Output.make_current(output)
    Frames.send("B", id)

    cell = %{
      id: id,
      code: code,
      count: count,
      output: output,
      silent?: options =~ ~r/"silent": *true/,
      expression?: options =~ ~r/"expression": *true/
    }

    send(state.evaluator, {:kernel_runner_evaluate, self(), cell})
    %{state | running: %{id: id, output: output}}
  end

  # No comms here: what is opened is closed.
  defp comm(type, id, [comm | _], state) do
    Frames.send("B", id)
    if type == "O", do: Frames.send("L", id, [comm, "{}", "{}"])
    Frames.send("K", id)
    next(state)
  end

  # 2. What the evaluator says

  defp heard({:bound, evaluator, small, large, env}, %{evaluator: evaluator} = state) do
    bindings = Map.drop(state.bindings, large) |> Map.merge(Map.new(small))
    still_large = MapSet.difference(state.large, MapSet.new(Keyword.keys(small)))
    large = MapSet.union(still_large, MapSet.new(large))
    %{state | bindings: bindings, large: large, env: env || state.env}
  end

  defp heard({:done, evaluator, id, answer}, %{evaluator: evaluator, running: %{id: id}} = state) do
    finish(answer, state)
  end

  # Something that it was linked to has ended it, or its own size.
  defp heard({:DOWN, monitor, _, pid, reason}, %{monitor: monitor} = state) do
    fields = Failure.of_exit(pid, reason, @limit)

    if MapSet.size(state.large) > 0 do
      names = Enum.map_join(state.large, ", ", &name/1)
      IO.puts(:stderr, "warning: these were too large to be kept: #{names}")
    end

    state = start_evaluator(%{state | large: MapSet.new()})

    case state.running do
      nil ->
        state

      %{output: output} ->
        Output.flush(output)
        finish({"X", fields}, state)
    end
  end

  defp heard(_, state), do: state

  defp name({name, _context}), do: name
  defp name(name), do: name

  defp finish({type, fields}, %{running: %{id: id, output: output}} = state) do
    Output.finish(output)
    Frames.send(type, id, fields)
    next(%{state | running: nil})
  end

  # 3. Interrupts

  defp interrupt(%{evaluator: evaluator, running: %{id: id, output: output}} = state) do
    stack = current_stack(evaluator)
    # Only it has these; and they would have to be copied all the time to be kept elsewhere.
    fetched = if MapSet.size(state.large) > 0, do: Evaluator.fetch(evaluator), else: %{}
    kept? = stop(output, evaluator)
    state = await_end(state, kept?)

    receive do
      {:done, ^evaluator, ^id, answer} ->
        finish(answer, start_evaluator(state))
    after
      0 ->
        Output.flush(output)
        bindings = Map.merge(state.bindings, fetched)
        state = start_evaluator(%{state | bindings: bindings, large: MapSet.new()})
        finish({"X", Failure.of_interrupt(stack)}, state)
    end
  end

  defp await_end(%{monitor: monitor} = state, true) do
    Process.demonitor(monitor, [:flush])
    hear_the_rest(state)
  end

  defp await_end(%{monitor: monitor} = state, false) do
    receive do
      {:DOWN, ^monitor, _, _, _} -> hear_the_rest(state)
    end
  end

  defp hear_the_rest(%{evaluator: evaluator} = state) do
    receive do
      {:bound, ^evaluator, _, _, _} = message -> hear_the_rest(heard(message, state))
    after
      0 -> state
    end
  end

  defp current_stack(process) do
    case Process.info(process, :current_stacktrace) do
      {:current_stacktrace, stack} -> stack
      nil -> []
    end
  end

  # Ends the cell's processes, and the programs that they run. The BEAM has its children ignore
  # SIGINT, and gives each a session of its own.
  #
  # What earlier cells have started with start_link, and tables, would end with the evaluator. It
  # is suspended then, for good, with what would end it, and stays only for their sake: true.
  defp stop(output, evaluator) do
    processes = Enum.uniq([evaluator | Output.writers(output)]) -- [self(), output]

    programs =
      for port <- Port.list(),
          {:connected, process} <- [Port.info(port, :connected)],
          process in processes,
          {:os_pid, pid} when is_integer(pid) <- [Port.info(port, :os_pid)],
          do: "-#{pid}"

    linked = for process <- links(evaluator), is_pid(process), do: process
    kept? = linked -- processes != [] or owner?(evaluator)
    suspended = if kept?, do: [evaluator | Enum.filter(linked, &(&1 in processes))], else: []
    Enum.each(suspended, &suspend/1)
    Enum.each(processes -- suspended, &Process.exit(&1, :kill))
    if programs != [], do: :os.cmd('kill -TERM -- ' ++ to_charlist(Enum.join(programs, " ")))
    kept?
  end

  defp links(process) do
    case Process.info(process, :links) do
      {:links, links} -> links
      nil -> []
    end
  end

  defp owner?(process), do: Enum.any?(:ets.all(), &(:ets.info(&1, :owner) == process))

  defp suspend(process) do
    :erlang.suspend_process(process)
  rescue
    # It has just ended.
    ArgumentError -> false
  end
end
