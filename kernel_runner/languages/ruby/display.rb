# frozen_string_literal: true

# What a cell has for rich output: IRuby's names, so that notebooks made for IRuby go on working.
module IRuby
  # Short names of the MIME types; each is also a method: IRuby.html("<b>bold</b>").
  MIMES = {
    html: "text/html", markdown: "text/markdown", latex: "text/latex",
    svg: "image/svg+xml", png: "image/png", jpeg: "image/jpeg", json: "application/json",
    javascript: "application/javascript"
  }.freeze

  class << self
    MIMES.each do |name, mime|
      define_method(name) { |data| convert(data, mime: mime) }
    end

    def math(formula) = latex("$$#{formula}$$")

    # A value that shows itself as the given type.
    def convert(object, mime:)
      return object if object.is_a?(KernelRunner::Rich)

      mime = MIMES.fetch(mime.to_sym, mime.to_s)
      method = KernelRunner::Bundle::METHODS[mime]
      data = object.respond_to?(method.to_s) ? object.public_send(method) : object
      data = data.to_s unless data.is_a?(String) || mime.end_with?("json")
      KernelRunner::Rich.new({ mime => data })
    end

    # Shows a value now: as it would be shown as a cell's result, or as the given type. A later call
    # with the same display_id and update: true shows another in its place.
    def display(object, mime: nil, display_id: nil, update: false, metadata: nil)
      object = convert(object, mime: mime) if mime
      bundle = KernelRunner::Bundle.of(object)
      kind = update ? "update" : "display"
      KernelRunner.evaluator.show(kind, bundle, display_id: display_id, metadata: metadata)
    end

    def update_display(object, display_id:, mime: nil)
      display(object, mime: mime, display_id: display_id, update: true)
    end

    def clear_output(wait = false)
      KernelRunner.evaluator.clear(wait)
    end

    # A line from the person who sits at the notebook; nil where nobody can answer.
    def input(prompt = "") = KernelRunner.evaluator.ask(prompt, false)

    def password(prompt = "Password:") = KernelRunner.evaluator.ask(prompt, true)

    alias prompt input

    # A table of an array of rows, an array of hashes, or a hash of columns.
    def table(data)
      head, rows = head_and_rows(data)
      html = rows.map { |row| "<tr>#{row.map { |cell| tag('td', cell) }.join}</tr>" }.join
      head = head ? "<thead><tr>#{head.map { |cell| tag('th', cell) }.join}</tr></thead>" : ""
      html("<table>#{head}<tbody>#{html}</tbody></table>")
    end

    private

    def head_and_rows(data)
      if data.is_a?(Hash)
        columns = data.values.map { |column| Array(column) }
        [data.keys, Array.new(columns.map(&:size).max || 0) { |i| columns.map { |c| c[i] } }]
      elsif data.first.is_a?(Hash)
        keys = data.flat_map(&:keys).uniq
        [keys, data.map { |row| row.values_at(*keys) }]
      else
        [nil, data.map { |row| Array(row) }]
      end
    end

    def tag(name, cell)
      text = cell.to_s.gsub(/[&<>]/, "&" => "&amp;", "<" => "&lt;", ">" => "&gt;")
      "<#{name}>#{text}</#{name}>"
    end
  end
end

# `require "iruby"` in a notebook means this.
$LOADED_FEATURES << "iruby.rb"

# At the top level only: everywhere else, `display` is Ruby's own, which prints an object.
class << self
  # display(value), display("text/html", "<b>bold</b>") or display("text/html" => ..., ...)
  def display(*values, display_id: nil, update: false, metadata: nil, **bundle)
    value =
      if bundle.any? then KernelRunner::Rich.new(bundle)
      elsif values.size == 2 then KernelRunner::Rich.new([values].to_h)
      else values.first
      end
    IRuby.display(value, display_id: display_id, update: update, metadata: metadata)
  end

  def clear_output(wait = false) = IRuby.clear_output(wait)
end
