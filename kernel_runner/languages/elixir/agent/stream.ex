defmodule KernelRunner.Stream do
  @moduledoc """
  Where a cell's stdout or stderr goes: a port.

  Each line is written at once, until a program writes a lot: then in blocks, one each tick at
  least. `System.halt/1` waits for nothing of that: so where there is code that calls it
  (`KernelRunner.Stream.Halts`), each write returns when it is done.
  """

  alias KernelRunner.Frames

  # In ms, and in bytes: a lot in one tick, and a block.
  @tick 20
  @lot 8 * 1024
  @block 32 * 1024
  # How often to look without a pause whether a port is empty.
  @looks 200

  defstruct [:port, :file, held: [], size: 0, written: 0, blocks?: false, ticking?: false]

  @doc "A stream to a path, or to a descriptor that there is, where the path is empty."
  def open("", fd), do: %__MODULE__{port: Port.open({:fd, fd, fd}, [:out, :binary])}

  def open(path, fd) do
    {port, file} = Frames.open(path, :write, [:out])
    %__MODULE__{port: port, file: file}
  rescue
    MatchError -> open("", fd)
  end

  @doc "Writes data. The calling process gets a message `:tick` later, for `tick/1`."
  def write(stream, data) do
    stream = wind(%{stream | written: stream.written + byte_size(data)})

    cond do
      # Not even what a port has been told to write is sure to be written when the machine halts.
      __MODULE__.Halts.seen?() ->
        flush(hold(stream, data))

      not stream.blocks? ->
        stream = release(stream)
        command(stream.port, data)
        stream

      stream.size + byte_size(data) > @block ->
        release(hold(stream, data))

      true ->
        hold(stream, data)
    end
  end

  @doc "Writes what was held, and looks how much there was of it."
  def tick(stream) do
    stream = release(stream)
    blocks? = stream.written > @lot and not __MODULE__.Halts.seen?()
    again? = stream.written > 0
    if again?, do: Process.send_after(self(), :tick, @tick)
    %{stream | blocks?: blocks?, written: 0, ticking?: again?}
  end

  @doc "Returns when all has been written."
  def flush(stream) do
    stream = release(stream)
    wait(stream.port, 0)
    stream
  end

  @doc "Ends it; a descriptor that there was before stays."
  def close(%{file: nil} = stream), do: flush(stream)

  def close(stream) do
    flush(stream)
    if Port.info(stream.port), do: Port.close(stream.port)
    :file.close(stream.file)
  end

  defp wind(%{ticking?: true} = stream), do: stream

  defp wind(stream) do
    Process.send_after(self(), :tick, @tick)
    %{stream | ticking?: true}
  end

  defp hold(stream, data) do
    %{stream | held: [stream.held | data], size: stream.size + byte_size(data)}
  end

  defp release(%{size: 0} = stream), do: stream

  defp release(stream) do
    command(stream.port, stream.held)
    %{stream | held: [], size: 0}
  end

  defp command(port, data) do
    Port.command(port, data)
  rescue
    # Nobody reads any more.
    ArgumentError -> false
  end

  # A line takes some microseconds; where there is more to wait for, others should have the time.
  defp wait(port, looks) do
    case Port.info(port, :queue_size) do
      {:queue_size, waiting} when waiting > 0 ->
        if looks < @looks, do: :erlang.yield(), else: Process.sleep(1)
        wait(port, looks + 1)

      _ ->
        :ok
    end
  end
end

defmodule KernelRunner.Stream.Halts do
  @moduledoc "A compilation tracer that notices calls which end the machine at once."

  @key __MODULE__

  def seen?, do: :persistent_term.get(@key, false)

  def trace({:remote_function, _, module, :halt, _}, _) when module in [System, :erlang] do
    unless seen?() do
      :persistent_term.put(@key, true)
      KernelRunner.Output.flush(KernelRunner.Output.own(self()))
    end

    :ok
  end

  def trace(_, _), do: :ok
end
