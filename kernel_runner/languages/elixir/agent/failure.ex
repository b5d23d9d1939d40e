defmodule KernelRunner.Failure do
  @moduledoc "Errors as Elixir's console shows them: name, message and traceback."

  @hidden [:erl_eval, :eval_bits, :proc_lib, Module.ParallelChecker, Code]

  @doc "Something was raised, thrown, or an exit, by the expression at `place`: {file, line}."
  def fields(kind, reason, stack, place) do
    {reason, stack} = blame(kind, reason, stack)
    banner = Exception.format_banner(kind, reason, stack)
    [name(kind, reason), message(kind, reason), banner <> trace(stack, place, reason)]
  end

  @doc "The evaluating process has been ended by another."
  def of_exit(pid, :killed, limit) do
    message =
      "the cell's process was killed: it had grown beyond #{div(limit, 1024 * 1024)} MiB " <>
        "(is there a recursion without end? Process.flag(:max_heap_size, 0) lifts the limit), " <>
        "or another process has killed it"

    ["SystemLimitError", message, "** (EXIT from #{inspect(pid)}) #{message}"]
  end

  def of_exit(pid, reason, _) do
    message = Exception.format_exit(reason)
    ["EXIT", message, "** (EXIT from #{inspect(pid)}) #{message}"]
  end

  @doc "The person has stopped the cell while its process was here."
  def of_interrupt(stack) do
    message = "the cell was interrupted"
    ["Interrupted", message, "** (Interrupted) #{message}" <> format(prune(stack))]
  end

  # IEx shows more of an error than its message: which clause did not match, and why.
  defp blame(:error, reason, stack), do: Exception.blame(:error, reason, stack)
  defp blame(_, reason, stack), do: {reason, stack}

  defp name(:error, %module{}), do: inspect(module)
  defp name(kind, _), do: Atom.to_string(kind)

  defp message(:error, reason), do: Exception.message(reason)
  defp message(:exit, reason), do: Exception.format_exit(reason)
  defp message(_, reason), do: inspect(reason)

  # The compiler's own message says where it was.
  defp trace(_, _, %module{}) when module in [CompileError, SyntaxError, TokenMissingError],
    do: ""

  defp trace(stack, place, _), do: stack |> prune() |> end_at(place) |> format()

  # What Erlang interprets itself, such as a match or a call of a cell's function, has no line of
  # its own; the expression has.
  defp end_at(stack, {_, nil}), do: stack

  defp end_at(stack, {file, line}) do
    if Enum.any?(stack, &(elem(&1, 1) == :__FILE__ and in_file?(&1, file))) do
      stack
    else
      stack ++ [{:elixir_compiler, :__FILE__, 1, [file: file, line: line]}]
    end
  end

  defp in_file?(frame, file), do: to_string(elem(frame, 3)[:file]) == file

  defp format([]), do: ""

  defp format(stack) do
    "\n" <> String.trim_trailing(Exception.format_stacktrace(stack), "\n")
  end

  defp prune(stack) do
    Enum.reject(stack, &(elem(&1, 1) != :__FILE__ and hidden?(elem(&1, 0))))
  end

  defp hidden?(module) when module in @hidden, do: true

  defp hidden?(module) when is_atom(module) do
    name = Atom.to_string(module)
    name == "elixir" or String.starts_with?(name, ["elixir_", "Elixir.KernelRunner."])
  end

  defp hidden?(_), do: false
end
