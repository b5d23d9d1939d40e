# frozen_string_literal: true

module KernelRunner
  # What can be said about code without running it, and about the names in it.
  module Source
    MAX_PARSE = 1 << 16 # bytes that are parsed to see what a cell ends with
    MATCHES = 500
    DETAIL = 2000 # characters of a value
    UNFINISHED = Regexp.union(
      /unexpected end-of-input/, /meets end of file/, /anywhere before EOF/, /unterminated/,
      /expected an? .*`?end`?/
    )
    OPENS = /(?:\b(?:do|then|else|ensure|begin)|[{(\[]|\bdo *\|[^|]*\||\{ *\|[^|]*\|)\s*\z/
    BLOCK = /\A\s*(?:def|class|module|if|unless|while|until|for|case|when|elsif|rescue|begin)\b/
    WORD = /(?:@@|[@$:])?\w*[?!]?\z/
    RECEIVER = /((?:::)?[A-Z]\w*(?:::[A-Z]\w*)*|[@$]*\w+|["'\]\}])(&?\.|::)(\w*[?!]?)\z/
    LITERALS = { '"' => String, "'" => String, "]" => Array, "}" => Hash }.freeze

    module_function

    # Whether a cell ends with an assignment, whose value Ruby's people do not need to see again.
    def assignment?(code)
      return false unless code.include?("=") && code.bytesize <= MAX_PARSE

      require "ripper"
      last = Ripper.sexp(code)&.dig(1, -1, 0)
      %i[assign opassign massign].include?(last)
    end

    # complete, incomplete, invalid or unknown; and the next line's indentation.
    def completeness(code)
      quietly { RubyVM::InstructionSequence.compile(code) }
      ["complete", ""]
    rescue SyntaxError => e
      e.message.match?(UNFINISHED) ? ["incomplete", indentation(code)] : ["invalid", ""]
    end

    def quietly
      verbose, $VERBOSE = $VERBOSE, nil
      yield
    ensure
      $VERBOSE = verbose
    end

    def indentation(code)
      line = code.lines.last.to_s
      deeper = line.match?(OPENS) || (line.match?(BLOCK) && !line.match?(/\bend\s*\z/))
      line[/\A[ \t]*/] + (deeper ? "  " : "")
    end

    # Byte offsets of what is replaced, and the names.
    def complete(code, offset)
      before = code.byteslice(0, offset).scrub
      if (match = RECEIVER.match(before))
        typed = match[3]
        names = members(match[1], match[2])
      else
        typed = before[WORD]
        names = names_like(typed)
      end
      matches = typed.empty? && !match ? [] : names.map(&:to_s).grep(/\A#{Regexp.escape(typed)}\w/)
      [offset - typed.bytesize, offset, *matches.uniq.sort.first(MATCHES)]
    end

    # What may follow a receiver. Nothing is called to find out: names are looked up, no more.
    def members(receiver, separator)
      return LITERALS[receiver].instance_methods if LITERALS.key?(receiver)
      return Integer.instance_methods if receiver.match?(/\A\d/)

      value = value_of(receiver)
      constants = separator == "::" && value.is_a?(Module) ? value.constants : []
      constants + Kernel.instance_method(:methods).bind_call(value)
    end

    def names_like(typed)
      case typed
      when /\A@@/ then Object.class_variables
      when /\A@/ then main.instance_variables
      when /\A\$/ then global_variables
      when /\A:/ then Symbol.all_symbols.map { |symbol| ":#{symbol}" }
      when /\A[A-Z]/ then Object.constants + methods_of_main
      else TOPLEVEL_BINDING.local_variables + methods_of_main + KEYWORDS
      end
    end

    def main = TOPLEVEL_BINDING.receiver

    def methods_of_main = main.methods + main.private_methods

    # The value of a variable or a constant. Raises NameError.
    def value_of(name)
      case name
      when /\A[A-Z:]/ then Object.const_get(name)
      when /\A@@/ then Object.class_variable_get(name)
      when /\A@/ then main.instance_variable_get(name)
      when /\A\$\w+\z/ then global_variables.include?(name.to_sym) ? eval(name) : raise(NameError)
      when "self" then main
      else TOPLEVEL_BINDING.local_variable_get(name)
      end
    end

    # What there is to say about the name at a byte offset: type, text; nothing for no name.
    def inspect_name(code, offset)
      before = code.byteslice(0, offset).scrub[/[\w@$:.&]*[?!]?\z/]
      after = code.byteslice(offset..).to_s.scrub[/\A\w*[?!]?/]
      name = (before + after).sub(/\A:(?!:)/, "")
      text = describe(name)
      text ? ["text/plain", text] : []
    end

    def describe(name)
      receiver, separator, method = name.rpartition(/&?\./)
      return describe_method(value_of(receiver).method(method)) unless separator.empty?

      describe_value(name, value_of(name))
    rescue NameError
      describe_method(main.method(name)) if main.respond_to?(name, true)
    end

    def describe_value(name, value)
      return describe_module(value) if value.is_a?(Module)

      "#{name}: #{value.class}\n\n#{Bundle.plain(value)[0, DETAIL]}"
    end

    def describe_module(value)
      kind = value.is_a?(Class) ? "class" : "module"
      parent = value.is_a?(Class) && value.superclass ? " < #{value.superclass}" : ""
      methods = value.instance_methods(false).sort.join(" ")
      made = value.method(:new) if value.is_a?(Class) && value.respond_to?(:new)
      creation = made ? "\n#{value}.new#{parameters(value.instance_method(:initialize))}" : ""
      "#{kind} #{value}#{parent}#{creation}\n\n#{methods}"
    end

    def describe_method(method)
      file, line = method.source_location
      where = file ? "\n#{file}:#{line}" : ""
      "#{method.owner}##{method.name}#{parameters(method)}#{where}#{comment_above(file, line)}"
    end

    def parameters(method)
      list = method.parameters.map do |kind, name|
        case kind
        when :req then (name || "_").to_s
        when :opt then "#{name || '_'} = ..."
        when :rest then "*#{name}"
        when :keyreq then "#{name}:"
        when :key then "#{name}: ..."
        when :keyrest then "**#{name}"
        when :block then "&#{name}"
        end
      end
      "(#{list.compact.join(', ')})"
    end

    # The comment before a method is its documentation.
    def comment_above(file, line)
      return "" unless file && File.file?(file)

      lines = File.readlines(file, encoding: "UTF-8").first(line - 1).reverse
      comment = lines.take_while { |text| text.match?(/\A\s*#/) }.reverse
      comment.empty? ? "" : "\n\n#{comment.map { |text| text.sub(/\A\s*# ?/, '') }.join}"
    end

    KEYWORDS = %w[
      BEGIN END alias and begin break case class def defined? do else elsif end ensure false for
      if in module next nil not or redo rescue retry return self super then true undef unless
      until when while yield
    ].freeze
  end
end
