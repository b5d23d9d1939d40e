# frozen_string_literal: true

module KernelRunner
  # The standard output of cells. A line is written at once as long as few are, and many are
  # written in blocks: a thread looks now and then how often this process writes, and switches
  # between the two. Whoever must not overtake what is printed flushes it first.
  module Output
    TICK = 0.01 # seconds
    MANY = 20 # writes in a tick: blocks from now on
    FEW = 64 # bytes in a tick: lines again

    # What comes on stderr comes after what was printed before it.
    module After
      def write(...)
        Output.flush
        super
      end
    end

    # Warnings of the interpreter's own do not go through STDERR.write.
    module WarningAfter
      def warn(...)
        Output.flush
        super
      end
    end

    # What a cell closes is there again for the next one, which is easier while it is not closed.
    module Kept
      def close
        Output.flush
      end
    end

    # These leave without flushing what a terminal would have shown already.
    module Leaving
      def exec(...)
        Output.flush
        super
      end

      def exit!(...)
        Output.flush
        super
      end
    end

    # A forked child has no thread that would flush for it. The parent flushes before each fork.
    module Forking
      def _fork
        super.tap { |pid| STDOUT.sync = true if pid.zero? }
      end
    end

    module_function

    def prepare
      STDOUT.sync = true
      [STDIN, STDOUT, STDERR].each { |stream| stream.singleton_class.prepend(Kept) }
      STDERR.singleton_class.prepend(After)
      Warning.extend(WarningAfter)
      [Kernel, Kernel.singleton_class, Process.singleton_class].each { |home| home.prepend(Leaving) }
      Process.singleton_class.prepend(Forking)
      @begun = Thread::Queue.new
      @running = false
      watcher = Thread.new { loop { @begun.pop && watch } }
      watcher.name = "kernel_runner output"
    end

    # Opens what a cell has closed below the streams, so that no other file takes its number.
    def fill_descriptors
      while (file = File.open("/dev/tty", "r+")).fileno <= 2
        file.autoclose = false
      end
      file.close
    rescue SystemCallError
      nil # There is no terminal.
    end

    # A cell begins: its writes are watched until it ends.
    def begin
      @running = true
      @begun.push(true) if @begun.empty?
    end

    def end
      @running = false
      STDOUT.sync = true
      flush
    rescue IOError
      nil # Closed by the cell.
    end

    def flush
      STDOUT.flush
    rescue IOError, SystemCallError
      nil # Closed, or nobody reads it.
    end

    def watch
      bytes, writes = written
      while sleep(TICK) && @running
        flush
        before = [bytes, writes]
        bytes, writes = written
        STDOUT.sync = STDOUT.sync ? writes - before.last < MANY : bytes - before.first < FEW
      end
    rescue IOError, SystemCallError
      nil # The cell has closed its stdout, or there is no /proc: lines, then.
    end

    # What this process has ever written: bytes, and how often.
    def written = File.read("/proc/self/io").scan(/^(?:wchar|syscw): (\d+)/).flatten.map(&:to_i)
  end
end
