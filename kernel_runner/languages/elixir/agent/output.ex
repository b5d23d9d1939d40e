defmodule KernelRunner.Output do
  @moduledoc """
  A cell's terminal: the group leader of its processes. Whatever they write later, or read, comes
  here, too. https://www.erlang.org/doc/apps/stdlib/io_protocol.html

  `standard_error` and `user`, which others have for all processes, are here the current cell's, or
  the one's that the writing process belongs to (`KernelRunner.Output.Router`).
  """

  alias KernelRunner.{Frames, Stream}

  @table :kernel_runner_outputs
  @mark "\e_kernel-runner\e\\"
  @columns 100
  @rows 24
  # When to look, in ms, whether a cell's last process has ended.
  @soon 100
  @look 1000

  @doc "Takes the place of Erlang's own terminal. The caller keeps what there is to know."
  def set_up do
    :ets.new(@table, [:named_table, :public, read_concurrency: true])
    make_current(start("0", "", ""))
    KernelRunner.Output.Router.start(:user, :io_request)
    KernelRunner.Output.Router.start(:standard_error, :error_request)
  end

  @doc "The terminal for a cell, that writes to these paths, or where the agent does."
  def start(id, stdout, stderr) do
    {pid, ref} =
      spawn_monitor(fn ->
        Process.flag(:trap_exit, true)
        :ets.insert(@table, {self()})

        loop(%{
          id: id,
          stdout: Stream.open(stdout, 1),
          stderr: Stream.open(stderr, 2),
          typed: "",
          readers: :queue.new(),
          finished: false
        })
      end)

    Process.demonitor(ref, [:flush])
    pid
  end

  @doc "From here on what belongs to no cell is this one's."
  def make_current(output), do: :ets.insert(@table, {:current, output})

  @doc "Returns when all has been written."
  def flush(output), do: request(output, :flush)

  @doc "No input comes any more; it ends when nobody can write here any more."
  def finish(output), do: send(output, :finish)

  @doc "From here on the calling process writes to another output than before."
  def turn_to(output) do
    before = Process.group_leader()
    Process.group_leader(self(), output)
    Process.send_after(before, :look_once, @soon)
  end

  @doc "The kernel has answered a W."
  def answer(output, answered?, value), do: send(output, {:answer, answered?, value})

  @doc "Shows something by other means than text, in its place among the text."
  def show(kind, display_id, metadata, bundle) do
    request(own(self()), {:show, kind, display_id, metadata, bundle})
  end

  @doc "Clears what the cell has shown."
  def clear(wait?), do: request(own(self()), {:clear, wait?})

  @doc "The output that a process writes to; the current cell's, where it has none of ours."
  def own(process) do
    leader =
      case Process.info(process, :group_leader) do
        {:group_leader, leader} -> leader
        nil -> nil
      end

    if leader != nil and :ets.member(@table, leader) do
      leader
    else
      :ets.lookup_element(@table, :current, 2)
    end
  end

  @doc "The processes that write to an output."
  def writers(output) do
    for process <- Process.list(),
        Process.info(process, :group_leader) == {:group_leader, output},
        do: process
  end

  defp request(output, request) do
    ref = Process.monitor(output)
    send(output, {:kernel_runner, self(), ref, request})

    receive do
      {^ref, :ok} -> Process.demonitor(ref, [:flush])
      {:DOWN, ^ref, _, _, _} -> :ok
    end

    :ok
  end

  # 1. What comes

  defp loop(state) do
    receive do
      {:io_request, from, ref, request} ->
        loop(serve(from, ref, request, :stdout, state))

      {:error_request, from, ref, request} ->
        loop(flush_all(serve(from, ref, request, :stderr, flush_all(state))))

      {:kernel_runner, from, ref, request} ->
        state = control(request, state)
        send(from, {ref, :ok})
        loop(state)

      :tick ->
        loop(%{state | stdout: Stream.tick(state.stdout), stderr: Stream.tick(state.stderr)})

      {:answer, answered?, value} ->
        loop(answered(state, answered?, value))

      :finish ->
        Process.send_after(self(), :look, @look)
        loop(end_input(%{state | finished: true}))

      look when look in [:look, :look_once] ->
        cond do
          state.finished and writers(self()) == [] ->
            :ets.delete(@table, self())
            Stream.close(state.stdout)
            Stream.close(state.stderr)

          look == :look ->
            Process.send_after(self(), :look, @look)
            loop(state)

          true ->
            loop(state)
        end

      _ ->
        loop(state)
    end
  end

  defp control(:flush, state), do: flush_all(state)

  defp control({:clear, wait?}, state) do
    state = mark(state)
    Frames.send("U", state.id, [if(wait?, do: "1", else: "0")])
    state
  end

  defp control({:show, kind, display_id, metadata, bundle}, state) do
    state = mark(state)
    data = Enum.flat_map(bundle, fn {mime, data} -> [mime, data] end)
    Frames.send("D", state.id, [kind, display_id, metadata | data])
    state
  end

  defp mark(state), do: flush_all(%{state | stdout: Stream.write(state.stdout, @mark)})

  defp flush_all(state) do
    %{state | stdout: Stream.flush(state.stdout), stderr: Stream.flush(state.stderr)}
  end

  # 2. The I/O protocol

  defp serve(from, ref, request, name, state) do
    case io_request(request) do
      {:put, data} ->
        state = %{state | name => Stream.write(Map.fetch!(state, name), data)}
        send(from, {:io_reply, ref, :ok})
        state

      {:wait, request} ->
        read_or_wait({from, ref, request}, state)

      {:reply, answer} ->
        send(from, {:io_reply, ref, answer})
        state
    end
  catch
    # Functions of the request's own may fail, and what is no character data.
    _, reason ->
      send(from, {:io_reply, ref, {:error, reason}})
      state
  end

  defp io_request({:put_chars, encoding, chars}), do: put(encoding, chars)

  defp io_request({:put_chars, encoding, module, function, arguments}),
    do: put(encoding, apply(module, function, arguments))

  defp io_request({:put_chars, chars}), do: put(:latin1, chars)
  defp io_request({:get_line, _, prompt}), do: {:wait, {:line, prompt}}
  defp io_request({:get_line, prompt}), do: {:wait, {:line, prompt}}
  defp io_request({:get_chars, _, prompt, n}), do: {:wait, {:chars, prompt, n}}
  defp io_request({:get_chars, prompt, n}), do: {:wait, {:chars, prompt, n}}
  defp io_request({:get_password, _}), do: {:wait, :password}

  defp io_request({:get_until, _, prompt, module, function, arguments}),
    do: {:wait, {:until, prompt, {module, function, arguments}, []}}

  # Those that only write, as one.
  defp io_request({:requests, requests}) do
    requests
    |> Enum.map(&io_request/1)
    |> Enum.reduce({:put, ""}, fn
      {:put, data}, {:put, before} -> {:put, before <> data}
      failure, _ -> failure
    end)
  end

  defp io_request(:getopts), do: {:reply, [binary: true, encoding: :unicode]}
  defp io_request({:setopts, _}), do: {:reply, :ok}
  defp io_request({:get_geometry, :columns}), do: {:reply, @columns}
  defp io_request({:get_geometry, :rows}), do: {:reply, @rows}
  defp io_request(_), do: {:reply, {:error, :request}}

  defp put(encoding, chars) do
    case encode(encoding, chars) do
      data when is_binary(data) -> {:put, data}
      _ -> {:reply, {:error, {:put_chars, encoding, chars}}}
    end
  end

  # What IO.binwrite/2 writes stays as it is.
  defp encode(:latin1, chars), do: IO.iodata_to_binary(chars)
  defp encode(_, chars) when is_binary(chars), do: chars
  defp encode(_, chars), do: :unicode.characters_to_binary(chars)

  # 3. Input: the person is asked when somebody reads, never before

  defp read_or_wait({from, ref, request} = reader, state) do
    waiting? = not :queue.is_empty(state.readers)

    case not waiting? && take(request, state.typed) do
      {answer, typed} ->
        send(from, {:io_reply, ref, answer})
        %{state | typed: typed}

      {:more, request, typed} ->
        ask({from, ref, request}, %{state | typed: typed})

      false ->
        %{state | readers: :queue.in(reader, state.readers)}
    end
  end

  defp ask({from, ref, _}, %{finished: true} = state) do
    send(from, {:io_reply, ref, :eof})
    state
  end

  defp ask({_, _, request} = reader, state) do
    state = flush_all(state)
    Frames.send("W", state.id, [prompt(request), if(request == :password, do: "1", else: "0")])
    %{state | readers: :queue.in_r(reader, state.readers)}
  end

  defp answered(state, answered?, value) do
    case :queue.out(state.readers) do
      {:empty, _} ->
        state

      {{:value, {from, ref, request} = reader}, readers} ->
        state = %{state | readers: :queue.new()}

        state =
          if answered? do
            read_or_wait(reader, %{state | typed: state.typed <> value <> "\n"})
          else
            send(from, {:io_reply, ref, rest(request, state.typed)})
            %{state | typed: ""}
          end

        Enum.reduce(:queue.to_list(readers), state, &read_or_wait/2)
    end
  end

  defp end_input(state) do
    for {from, ref, _} <- :queue.to_list(state.readers), do: send(from, {:io_reply, ref, :eof})
    %{state | readers: :queue.new()}
  end

  # What a reader gets of the text that was typed, and the rest; or that it needs more.
  defp take(:password, typed) do
    case take({:line, ""}, typed) do
      {line, rest} -> {String.to_charlist(String.trim_trailing(line, "\n")), rest}
      {:more, _, rest} -> {:more, :password, rest}
    end
  end

  defp take({:line, _} = request, typed) do
    case :binary.split(typed, "\n") do
      [line, rest] -> {line <> "\n", rest}
      [_] -> {:more, request, typed}
    end
  end

  defp take({:chars, _, n} = request, typed) do
    if String.length(typed) >= n, do: String.split_at(typed, n), else: {:more, request, typed}
  end

  defp take({:until, _, _, _} = request, ""), do: {:more, request, ""}

  defp take({:until, prompt, scanner, scanned}, typed) do
    case scan(scanner, scanned, String.to_charlist(typed)) do
      {:done, result, rest} -> {result, if(is_list(rest), do: List.to_string(rest), else: "")}
      {:more, scanned} -> {:more, {:until, prompt, scanner, scanned}, ""}
    end
  end

  # What a reader gets when there is no more.
  defp rest({:until, _, scanner, scanned}, _) do
    case scan(scanner, scanned, :eof) do
      {:done, result, _} -> result
      {:more, _} -> :eof
    end
  end

  defp rest(_, ""), do: :eof
  defp rest(:password, typed), do: String.to_charlist(typed)
  defp rest(_, typed), do: typed

  defp scan({module, function, arguments}, scanned, typed) do
    apply(module, function, [scanned, typed | arguments])
  catch
    _, _ -> {:done, {:error, function}, []}
  end

  defp prompt(:password), do: ""

  defp prompt(request) do
    case elem(request, 1) do
      {:format, format, arguments} -> :io_lib.format(format, arguments)
      prompt when is_atom(prompt) -> ""
      prompt -> prompt
    end
    |> :unicode.characters_to_binary()
  end
end

defmodule KernelRunner.Output.Router do
  @moduledoc """
  Stands in for a process of Erlang's that writes for all others, and hands on to the output of
  each.
  """

  alias KernelRunner.Output

  def start(name, kind) do
    router = spawn(fn -> loop(kind) end)
    if Process.whereis(name), do: Process.unregister(name)
    Process.register(router, name)
  end

  defp loop(kind) do
    receive do
      {:io_request, from, ref, request} -> send(Output.own(from), {kind, from, ref, request})
      _ -> :ok
    end

    loop(kind)
  end
end
