defmodule KernelRunner.Frames do
  @moduledoc """
  Frames to and from the kernel, on what descriptors 3 and 4 are when the agent starts.

  The children of a BEAM never see those: it closes them for all that it starts.
  """

  @name :kernel_runner_frames

  @doc "Opens the descriptors; the calling process receives what comes."
  def open do
    # Others than 3 and 4, which a cell may close.
    {requests, _} = in_port = open("/dev/fd/3", :read, [:in, :eof])
    {answers, _} = out_port = open("/dev/fd/4", :write, [:out])
    :persistent_term.put(@name, answers)
    # What nobody refers to would be closed.
    :persistent_term.put({@name, :open}, {in_port, out_port})
    requests
  end

  @doc "A port for what is at a path, and the file that has to be kept, and closed after it."
  def open(path, mode, options) do
    {:ok, file} = :file.open(path, [:raw, mode, :binary])
    <<fd::native-32>> = :prim_file.get_handle(file)
    {Port.open({:fd, fd, fd}, [:binary | options]), file}
  end

  @doc "Sends a frame; its fields are iodata, or integers."
  def send(type, id, fields \\ []) do
    fields = Enum.map(fields, &IO.iodata_to_binary(text(&1)))
    lengths = Enum.map(fields, &Integer.to_string(byte_size(&1)))
    header = Enum.intersperse([type, id | lengths], " ")
    Port.command(:persistent_term.get(@name), [header, "\n" | fields])
  end

  @doc "The frames that are whole in what has come so far, and the rest."
  def split(buffer, frames \\ []) do
    case next(buffer) do
      nil -> {Enum.reverse(frames), buffer}
      {frame, rest} -> split(rest, [frame | frames])
    end
  end

  defp next(buffer) do
    with [header, rest] <- :binary.split(buffer, "\n"),
         [type, id | lengths] = String.split(header, " "),
         lengths = Enum.map(lengths, &String.to_integer/1),
         true <- byte_size(rest) >= Enum.sum(lengths) do
      {fields, rest} =
        Enum.map_reduce(lengths, rest, fn length, rest ->
          <<field::binary-size(length), rest::binary>> = rest
          {field, rest}
        end)

      # A copy: else a small field would keep all that came with it in memory.
      {{type, id, Enum.map(fields, &:binary.copy/1)}, rest}
    else
      _ -> nil
    end
  end

  defp text(number) when is_integer(number), do: Integer.to_string(number)
  defp text(data), do: data
end
