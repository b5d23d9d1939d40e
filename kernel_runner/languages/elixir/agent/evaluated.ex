defmodule KernelRunner.Evaluated do
  @moduledoc """
  Lines for what is evaluated and not compiled: a cell's own expressions, and the functions in
  them.

  `:erl_eval` leaves calls to a handler that knows the line, and Elixir has such a one, but only
  where Erlang 25 or later has compiled it; else its function that should give one says `none`.
  Distributions compile Elixir with what they had first. So such an Elixir gets a module `:elixir`
  with a handler here, beside the agent's own modules.
  """

  @handler """
  eval_external_handler(\#{file := File}) ->
      {value, fun(Line, Function, Arguments) ->
          'Elixir.KernelRunner.Evaluated':call(File, Line, Function, Arguments)
      end}.
  """

  @doc "Writes the module into this folder, where it is needed."
  def install(folder) do
    with true <- String.to_integer(System.otp_release()) >= 25,
         {:ok, {_, [abstract_code: {_, forms}]}} <-
           :beam_lib.chunks(:code.which(:elixir), [:abstract_code]),
         index when index != nil <- Enum.find_index(forms, &without_handler?/1),
         {:ok, module, binary} <-
           :compile.forms(List.replace_at(forms, index, handler()), [:debug_info]) do
      File.write!(Path.join(folder, "#{module}.beam"), binary)
    end
  end

  defp without_handler?({:function, _, :eval_external_handler, 1, [clause]}),
    do: match?({:clause, _, _, [], [{:atom, _, :none}]}, clause)

  defp without_handler?(_), do: false

  defp handler do
    {:ok, tokens, _} = @handler |> String.to_charlist() |> :erl_scan.string()
    {:ok, form} = :erl_parse.parse_form(tokens)
    form
  end

  @doc "A call at this line: what fails within it has that in its stack trace."
  def call(file, line, function, arguments)

  # So the interpreter says that a match has failed; the stack is where that was.
  def call(file, line, {:erlang, :raise}, [kind, reason, stack]) do
    :erlang.raise(kind, reason, [place(file, line) | stack])
  end

  def call(file, line, function, arguments) do
    case function do
      {module, name} -> apply(module, name, arguments)
      _ -> apply(function, arguments)
    end
  catch
    kind, reason ->
      {inner, outer} = Enum.split_while(__STACKTRACE__, &(not own?(&1)))
      :erlang.raise(kind, reason, inner ++ [place(file, line) | Enum.drop(outer, 1)])
  end

  defp place(file, line) do
    location = [file: String.to_charlist(file), line: :erl_anno.line(line)]
    {:elixir_eval, :__FILE__, 1, location}
  end

  defp own?({__MODULE__, :call, _, _}), do: true
  defp own?(_), do: false
end
