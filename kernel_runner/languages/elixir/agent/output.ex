defmodule KernelRunner.Output do
  @moduledoc """
  A cell's terminal: the group leader of its processes. Whatever they write later, or read, comes
  here, too. https://www.erlang.org/doc/apps/stdlib/io_protocol.html

  Each line is written at once, through a port: `System.halt/1` waits for those. `standard_error`
  and `user`, which others have for all processes, are here the current cell's, or the one's that
  the writing process belongs to (`KernelRunner.Output.Router`).
  """

  alias KernelRunner.Frames

  @table :kernel_runner_outputs
  @mark "\e_kernel-runner\e\\"
  @columns 100
  @rows 24
  # When to look, in ms, whether a cell's last process has ended.
  @soon 100
  @look 1000
  @looks 200

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
          stdout: open(stdout, 1),
          stderr: open(stderr, 2),
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
        loop(serve(from, ref, request, state.stdout, state))

      {:error_request, from, ref, request} ->
        flush_port(state.stdout)
        state = serve(from, ref, request, state.stderr, state)
        flush_port(state.stderr)
        loop(state)

      {:kernel_runner, from, ref, request} ->
        control(request, state)
        send(from, {ref, :ok})
        loop(state)

      {:answer, answered?, value} ->
        loop(answered(state, answered?, value))

      :finish ->
        Process.send_after(self(), :look, @look)
        loop(end_input(%{state | finished: true}))

      look when look in [:look, :look_once] ->
        cond do
          state.finished and writers(self()) == [] ->
            :ets.delete(@table, self())
            close(state.stdout)
            close(state.stderr)

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
    mark(state)
    Frames.send("U", state.id, [if(wait?, do: "1", else: "0")])
  end

  defp control({:show, kind, display_id, metadata, bundle}, state) do
    mark(state)
    data = Enum.flat_map(bundle, fn {mime, data} -> [mime, data] end)
    Frames.send("D", state.id, [kind, display_id, metadata | data])
  end

  defp mark(state) do
    write(state.stdout, @mark)
    flush_all(state)
  end

  # 2. The I/O protocol

  defp serve(from, ref, request, port, state) do
    case io_request(request, port, state) do
      {:wait, request} ->
        read_or_wait({from, ref, request}, state)

      answer ->
        send(from, {:io_reply, ref, answer})
        state
    end
  catch
    # Functions of the request's own may fail, and what is no character data.
    _, reason ->
      send(from, {:io_reply, ref, {:error, reason}})
      state
  end

  defp io_request({:put_chars, encoding, chars}, port, _), do: put(port, encoding, chars)

  defp io_request({:put_chars, encoding, module, function, arguments}, port, _),
    do: put(port, encoding, apply(module, function, arguments))

  defp io_request({:put_chars, chars}, port, _), do: put(port, :latin1, chars)
  defp io_request({:get_line, _, prompt}, _, _), do: {:wait, {:line, prompt}}
  defp io_request({:get_line, prompt}, _, _), do: {:wait, {:line, prompt}}
  defp io_request({:get_chars, _, prompt, n}, _, _), do: {:wait, {:chars, prompt, n}}
  defp io_request({:get_chars, prompt, n}, _, _), do: {:wait, {:chars, prompt, n}}
  defp io_request({:get_password, _}, _, _), do: {:wait, :password}

  defp io_request({:get_until, _, prompt, module, function, arguments}, _, _),
    do: {:wait, {:until, prompt, {module, function, arguments}, []}}

  defp io_request({:requests, requests}, port, state) do
    Enum.reduce(requests, :ok, fn
      request, :ok -> io_request(request, port, state)
      _, failure -> failure
    end)
  end

  defp io_request(:getopts, _, _), do: [binary: true, encoding: :unicode]
  defp io_request({:setopts, _}, _, _), do: :ok
  defp io_request({:get_geometry, :columns}, _, _), do: @columns
  defp io_request({:get_geometry, :rows}, _, _), do: @rows
  defp io_request(_, _, _), do: {:error, :request}

  defp put(port, encoding, chars) do
    case encode(encoding, chars) do
      data when is_binary(data) -> write(port, data)
      _ -> {:error, {:put_chars, encoding, chars}}
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
    flush_all(state)
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

  # 4. Ports

  defp open("", fd), do: {Port.open({:fd, fd, fd}, [:out, :binary]), nil}

  defp open(path, fd) do
    Frames.open(path, :write, [:out])
  rescue
    MatchError -> open("", fd)
  end

  defp write({port, _}, data) do
    Port.command(port, data)
    :ok
  rescue
    # nobody reads any more
    ArgumentError -> :ok
  end

  defp flush_all(state) do
    flush_port(state.stdout)
    flush_port(state.stderr)
  end

  # A line takes some microseconds; where there is more to wait for, others should have the time.
  defp flush_port({port, _} = both, looks \\ 0) do
    case Port.info(port, :queue_size) do
      {:queue_size, waiting} when waiting > 0 ->
        if looks < @looks, do: :erlang.yield(), else: Process.sleep(1)
        flush_port(both, looks + 1)

      _ ->
        :ok
    end
  end

  defp close({_, nil}), do: :ok

  defp close({port, file} = both) do
    flush_port(both)
    Port.close(port)
    :file.close(file)
  rescue
    ArgumentError -> :file.close(file)
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
