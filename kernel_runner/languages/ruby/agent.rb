# frozen_string_literal: true

# The Ruby agent: evaluates cells for kernel_runner. kernel_runner/session/frames.py describes how
# the two talk.
#
# Three threads. The main one is the user's: cells run there, at the top level, in
# TOPLEVEL_BINDING. One reads the frames, and answers at once what need not wait for a running
# cell. One watches over the output. An interrupt is an exception that the SIGINT handler raises in
# the main thread; while a frame is being written it has to wait, so that no frame is ever cut.

require "fcntl"

Encoding.default_external = Encoding::UTF_8
# error_highlight shows the code that failed, where the code was kept.
RubyVM.keep_script_lines = true if defined?(RubyVM) && RubyVM.respond_to?(:keep_script_lines=)

module KernelRunner
  AGENT_DIRECTORY = __dir__
  MARK = "\e_kernel-runner\e\\"

  # Reads and writes frames, on copies of fds 3 and 4 that cells and their children never meet.
  class Channel
    def initialize
      @pid = Process.pid
      @requests = take(3, "rb")
      @answers = take(4, "wb")
      @lock = Mutex.new
    end

    # The next frame: its type, its id, its fields as bytes; nil at the end.
    def receive
      header = @requests.gets or return
      type, id, *lengths = header.split
      [type, id, lengths.map { |length| @requests.read(length.to_i) || "" }]
    end

    def send(type, id, *fields)
      return unless Process.pid == @pid # A fork's word is not the session's.

      fields.map! { |field| field.to_s.b }
      frame = [[type, id, *fields.map(&:bytesize)].join(" "), "\n", *fields].join
      Thread.handle_interrupt(Exception => :never) do
        @lock.synchronize { @answers.write(frame) }
      end
    end

    private

    def take(number, mode)
      given = IO.for_fd(number, mode)
      copy = IO.for_fd(given.fcntl(Fcntl::F_DUPFD, 100), mode)
      copy.close_on_exec = copy.sync = true
      given.close
      copy
    end
  end

  # What went wrong in a cell, as ruby itself would tell it, without the agent's own frames.
  class Failure
    SHOWN = 25 # lines of a backtrace, from either end

    def initialize(error)
      @error = error
    end

    def fields
      [@error.class.to_s, message, traceback]
    end

    private

    def message
      @error.message.to_s
    rescue Exception => e
      "(its message raised #{e.class})"
    end

    def traceback
      lines = shorten(backtrace_of(@error))
      return message if lines.empty? # The cell was not even begun.

      begin
        @error.set_backtrace(lines)
        text = @error.full_message(highlight: true, order: :top)
      rescue Exception # A frozen error, or one whose message fails.
        text = ["#{lines.first}: #{message} (#{@error.class})", *lines.drop(1)].join("\n\tfrom ")
      end
      text.lines.reject { |line| line.include?(AGENT_DIRECTORY) }.join
    end

    def backtrace_of(error)
      (error.backtrace || []).reject { |line| line.start_with?(AGENT_DIRECTORY, "<internal:") }
    end

    def shorten(lines)
      return lines if lines.size <= 2 * SHOWN

      left_out = "... #{lines.size - 2 * SHOWN} levels ..."
      [*lines.first(SHOWN), left_out, *lines.last(SHOWN)]
    end
  end

  # Values as MIME bundles, in the ways that Ruby's libraries know: to_html and its like, and
  # IRuby's to_iruby and to_iruby_mimebundle.
  module Bundle
    METHODS = {
      "text/html" => :to_html, "text/markdown" => :to_markdown, "text/latex" => :to_latex,
      "image/svg+xml" => :to_svg, "image/png" => :to_png, "image/jpeg" => :to_jpeg
    }.freeze

    module_function

    # MIME types and data; always with text/plain.
    def of(value)
      { "text/plain" => plain(value) }.merge(rich(value))
    end

    def plain(value)
      text = value.inspect
      text.is_a?(String) ? text : any_to_s(value)
    rescue NoMethodError
      raise if Object === value

      any_to_s(value) # A BasicObject has no inspect.
    end

    def any_to_s(value)
      Kernel.instance_method(:to_s).bind_call(value)
    end

    def rich(value)
      return {} unless Object === value
      return value.to_bundle if value.is_a?(Rich)
      return value.to_iruby_mimebundle.first if value.respond_to?(:to_iruby_mimebundle)
      return [value.to_iruby].to_h if value.respond_to?(:to_iruby)

      METHODS.each_with_object({}) do |(mime, method), bundle|
        bundle[mime] = value.public_send(method) if takes_nothing?(value, method)
      end
    rescue StandardError => e
      warn "#{value.class} could not be shown richly: #{e.message} (#{e.class})"
      {}
    end

    def takes_nothing?(value, name)
      value.respond_to?(name) && [0, -1].include?(value.method(name).arity)
    end

    # Frame fields: type, data, type, data. Anything but text becomes JSON.
    def fields(bundle)
      bundle.flat_map do |mime, data|
        [mime, data.is_a?(String) ? data : KernelRunner.json(data)]
      end
    end
  end

  # A value that is shown as what it was made of: IRuby.html("<b>bold</b>").
  class Rich
    attr_reader :to_bundle

    def initialize(bundle)
      @to_bundle = bundle
    end

    def inspect
      @to_bundle["text/plain"] || "#<#{@to_bundle.keys.join(', ')}>"
    end
  end

  # Runs cells, one after the other, on the main thread.
  class Evaluator
    INTERRUPT_AGAIN = 0.02 # seconds

    attr_reader :id

    def initialize(channel)
      @channel = channel
      @pid = Process.pid
      @main = Thread.current
      @queue = Thread::Queue.new
      @answers = Thread::Queue.new
      @interruptible = @interrupted = false
      @trap = proc do
        next if Thread.pending_interrupt? || @error&.backtrace # The reader's thread was faster.

        @main.raise(Interrupt, "") if @interruptible && !@interrupted
        @interrupted ||= Thread.pending_interrupt? # It waits until a write has ended.
      rescue Interrupt
        @interrupted = true
        raise
      end
    end

    def enqueue(*frame) = @queue.push(frame)

    def answer(*fields) = @answers.push(fields)

    # Called on the reader's thread, for what the signal has not reached: at the end of the stack an
    # interrupt turns into one more SystemStackError, which the cell may rescue. It has arrived when
    # it has a backtrace. A trap of the cell's own is left alone.
    def interrupt
      theirs = trap("INT", @trap)
      return trap("INT", theirs) unless theirs.equal?(@trap)

      id = @id # The next cell is not meant.
      Thread.new do
        error = nil
        while @id == id && @interruptible && !@interrupted && !error&.backtrace
          @main.raise(@error = error = Interrupt.new("")) unless @main.pending_interrupt?
          sleep INTERRUPT_AGAIN
        end
      end
    end

    def run
      Thread.handle_interrupt(Interrupt => :never) do
        loop do
          type, id, fields = @queue.pop
          @id = id
          type == "E" ? evaluate(*fields) : comm(type, fields.first)
          @id = 0
        end
      end
    end

    # Shows a bundle; kind is result, display or update.
    def show(kind, bundle, display_id: nil, metadata: nil)
      flush
      mark
      metadata = KernelRunner.json(metadata) if metadata
      @channel.send("D", @id, kind, display_id, metadata, *Bundle.fields(bundle))
      nil # A cell that ends with it has no result, as after puts.
    end

    def clear(wait)
      flush
      mark
      @channel.send("U", @id, wait ? 1 : 0)
      nil
    end

    # Asks the person; nil where nobody can answer.
    def ask(prompt, password)
      flush
      @answers.clear
      @channel.send("W", @id, prompt, password ? 1 : 0)
      answered, value = @answers.pop
      value.force_encoding(Encoding::UTF_8) if answered == "1"
    end

    private

    def evaluate(code, count, stdout, stderr, options)
      reopen(stdout, stderr) unless stdout.empty?
      trap("INT", @trap)
      forget_interrupts if Thread.pending_interrupt?
      @interrupted = false
      @error = nil
      @answers.clear
      flush
      Output.begin
      @channel.send("B", @id)
      report(*outcome(code.force_encoding(Encoding::UTF_8), count, expression?(options)))
    end

    # The cell's bundle, or its error. Nothing here is lost on an interrupt that comes late.
    def outcome(code, count, expression)
      [interruptible { bundle_of(code, count, expression) }, nil]
    rescue SystemExit
      raise
    rescue Exception => e
      [nil, e]
    ensure
      # A fork without a block runs to the cell's end, and no further.
      exit unless Process.pid == @pid
    end

    # What came too late for its cell is not for the next one.
    def forget_interrupts
      Thread.handle_interrupt(Interrupt => :immediate) { Thread.pass }
    rescue Interrupt
      nil
    end

    def interruptible(&block)
      @interruptible = true
      Thread.handle_interrupt(Interrupt => :immediate, &block)
    ensure
      @interruptible = false
    end

    def bundle_of(code, count, expression)
      value = TOPLEVEL_BINDING.eval(code, "In[#{count}]", 1)
      return Bundle.of(value) if expression

      TOPLEVEL_BINDING.local_variable_set(:_, value)
      return if NilClass === value || Source.assignment?(code)

      Bundle.of(value)
    end

    def report(bundle, error)
      show("result", bundle) if bundle
      failure = Failure.new(error).fields if error
      Output.end
      flush
      error ? @channel.send("X", @id, *failure) : @channel.send("K", @id)
    end

    # Comms are not spoken here: one that is opened is closed.
    def comm(type, name)
      @channel.send("B", @id)
      @channel.send("L", @id, name, "{}", "{}") if type == "O"
      @channel.send("K", @id)
    end

    def reopen(stdout, stderr)
      Output.fill_descriptors
      { STDOUT => stdout, STDERR => stderr }.each do |stream, path|
        stream.reopen(path, "w")
        stream.sync = true
      end
    end

    def flush
      [$stdout, $stderr, STDOUT, STDERR].uniq.each do |stream|
        stream.flush
      rescue StandardError
        next # Closed by the cell, or no stream at all.
      end
    end

    def mark
      STDOUT.write(MARK)
      STDOUT.flush
    rescue IOError, SystemCallError
      nil
    end

    def expression?(options)
      options.match?(/"expression": *true/)
    end
  end

  def self.json(value)
    require "json"
    JSON.generate(value)
  end

  class << self
    attr_accessor :evaluator
  end
end

require_relative "output"
require_relative "source"
require_relative "display"

module KernelRunner
  # Answers what need not wait, and hands over what must.
  def self.serve(channel)
    while (frame = channel.receive)
      type, id, fields = frame
      case type
      when "E", "O", "M", "L" then evaluator.enqueue(type, id, fields)
      when "A" then evaluator.answer(*fields)
      when "S" then evaluator.interrupt
      when "C", "I", "P" then channel.send(type, id, *assist(type, fields))
      when "Q" then break
      end
    end
    exit!(0)
  end

  # A question that cannot be answered is answered with nothing, in the form that its type has.
  def self.assist(type, fields)
    code = fields.first.force_encoding(Encoding::UTF_8)
    case type
    when "C" then Source.complete(code, fields[1].to_i)
    when "I" then Source.inspect_name(code, fields[1].to_i)
    when "P" then Source.completeness(code)
    end
  rescue Exception
    { "C" => [0, 0], "I" => [], "P" => ["unknown", ""] }[type]
  end

  def self.start
    ARGV.clear
    Output.prepare
    channel = Channel.new
    self.evaluator = Evaluator.new(channel)
    reader = Thread.new { serve(channel) }
    reader.name = "kernel_runner"
    channel.send("R", 0, RUBY_VERSION)
    evaluator.run
  end
end

KernelRunner.start
