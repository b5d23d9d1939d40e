defprotocol Jupyter.Display do
  @moduledoc """
  How values look in a notebook. Implement it for a struct of yours:

      defimpl Jupyter.Display, for: Point do
        def to_bundle(point), do: %{"text/html" => "<b>\#{point.x}</b>"}
      end
  """
  @fallback_to_any true

  @doc "What there is beside the plain text: MIME types and data."
  @spec to_bundle(t) :: %{String.t() => iodata}
  def to_bundle(value)
end

defimpl Jupyter.Display, for: Any do
  def to_bundle(_), do: %{}
end

defmodule Jupyter.Rich do
  @moduledoc "A value that is data of some MIME types."
  defstruct bundle: %{}, metadata: ""

  defimpl Jupyter.Display do
    def to_bundle(rich), do: rich.bundle
  end

  defimpl Inspect do
    def inspect(rich, _), do: "#Jupyter.Rich<#{rich.bundle |> Map.keys() |> Enum.join(", ")}>"
  end
end

defmodule Jupyter do
  @moduledoc """
  What cells can show beside text.

      Jupyter.display("text/html", "<b>hello</b>")
      Jupyter.html("<b>hello</b>")                       # as a cell's last value
      Jupyter.display(Jupyter.markdown("*now*"), id: "clock")
      Jupyter.update(Jupyter.markdown("*later*"), id: "clock")
      Jupyter.clear(wait: true)
  """

  alias Jupyter.Rich
  alias KernelRunner.Output

  @doc "Any bundle of MIME types and data, as a value."
  def bundle_of(bundle) when is_map(bundle), do: %Rich{bundle: bundle}

  def html(text), do: rich("text/html", text)
  def markdown(text), do: rich("text/markdown", text)
  def latex(text), do: rich("text/latex", text)
  def svg(text), do: rich("image/svg+xml", text)
  def png(data), do: rich("image/png", data)
  def jpeg(data), do: rich("image/jpeg", data)
  def javascript(text), do: rich("application/javascript", text)
  def json(text), do: rich("application/json", text)

  @doc "A table of rows: maps, structs, keyword lists, tuples or lists."
  def table(rows) do
    rows = Enum.map(rows, &cells/1)
    heads = rows |> Enum.flat_map(&Enum.map(&1, fn {head, _} -> head end)) |> Enum.uniq()

    body =
      for row <- rows do
        [
          "<tr>",
          for(head <- heads, do: tag("td", List.keyfind(row, head, 0, {head, ""}))),
          "</tr>"
        ]
      end

    named =
      if Enum.all?(heads, &is_integer/1), do: [], else: Enum.map(heads, &tag("th", {&1, &1}))

    html(["<table><thead><tr>", named, "</tr></thead><tbody>", body, "</tbody></table>"])
  end

  @doc "Shows a value now. `id:` lets it be updated later."
  def display(value), do: display(value, [])

  def display(mime, data) when is_binary(mime) and not is_list(data),
    do: display(rich(mime, data), [])

  def display(value, options) when is_list(options), do: show("display", value, options)

  @doc "As `display/2`: data of a MIME type, with options."
  def display(mime, data, options), do: show("display", rich(mime, data), options)

  @doc "Shows a value in place of those that were displayed with the same `id:`."
  def update(value, options), do: show("update", value, options)

  @doc "Clears what the cell has shown; with `wait: true` once there is something new."
  def clear(options \\ []), do: Output.clear(Keyword.get(options, :wait, false))

  @doc false
  def bundle(value) do
    bundle = if implemented?(value), do: Jupyter.Display.to_bundle(value), else: %{}
    metadata = if is_struct(value, Rich), do: value.metadata, else: ""
    {Map.put_new_lazy(bundle, "text/plain", fn -> plain(value) end), metadata}
  end

  # A protocol that is not consolidated looks for its implementation in all paths, each time.
  defp implemented?(value) when is_struct(value), do: true

  defp implemented?(value) do
    function_exported?(Module.concat(Jupyter.Display, type(value)), :__impl__, 1)
  end

  defp type(value) when is_map(value), do: Map
  defp type(value) when is_list(value), do: List
  defp type(value) when is_tuple(value), do: Tuple
  defp type(value) when is_atom(value), do: Atom
  defp type(value) when is_bitstring(value), do: BitString
  defp type(value) when is_integer(value), do: Integer
  defp type(value) when is_float(value), do: Float
  defp type(value) when is_function(value), do: Function
  defp type(value) when is_pid(value), do: PID
  defp type(value) when is_port(value), do: Port
  defp type(value) when is_reference(value), do: Reference

  defp show(kind, value, options) do
    {bundle, metadata} = bundle(value)
    Output.show(kind, to_string(Keyword.get(options, :id, "")), metadata, bundle)
  end

  defp rich(mime, data), do: %Rich{bundle: %{mime => IO.iodata_to_binary(data)}}
  defp plain(value), do: inspect(value, pretty: true, width: 98, limit: 100)

  defp cells(row) when is_struct(row), do: row |> Map.from_struct() |> Map.to_list()
  defp cells(row) when is_map(row), do: Map.to_list(row)
  defp cells(row) when is_tuple(row), do: cells(Tuple.to_list(row))

  defp cells(row) when is_list(row) do
    if Keyword.keyword?(row), do: row, else: row |> Enum.with_index() |> Enum.map(&swap/1)
  end

  defp swap({value, index}), do: {index, value}

  defp tag(name, {_, value}) do
    text = if is_binary(value) or is_atom(value), do: to_string(value), else: inspect(value)
    ["<", name, ">", escape(text), "</", name, ">"]
  end

  defp escape(text) do
    for <<char::utf8 <- text>>, into: "" do
      case char do
        ?& -> "&amp;"
        ?< -> "&lt;"
        ?> -> "&gt;"
        _ -> <<char::utf8>>
      end
    end
  end
end
