# frozen_string_literal: true

module KernelRunner
  # The standard output of cells. A line is written at once as long as few are, and many are
  # written in blocks: a thread looks now and then how often cells write, and switches between the
  # two. Whoever must not overtake what is printed flushes it first.
  #
  # Ruby's own buffer is not for this: what one thread appends to it while another flushes it may
  # be written twice. Here is a buffer that each takes and fills whole, in one step that no other
  # thread can come into; only who holds the lock writes what was taken.
  module Output
    TICK = 0.01 # seconds
    MANY = 20 # writes in a tick: blocks from now on
    BLOCK = 1 << 14 # bytes

    # What prints ends up in write: puts, print, p, putc, printf and <<.
    module Buffered
      def write(*texts)
        if external_encoding
          Output.flush
          return super
        end
        if texts.size == 1
          Output.append(Output.bytes(texts.first.to_s))
        else
          Output.append(texts.map! { |text| Output.bytes(text.to_s) }.join(""))
        end
      end

      # A line in one step, since there may be many.
      def puts(*texts)
        text = texts.first
        text = text.to_s if Integer === text
        return super unless texts.size == 1 && String === text && text.ascii_only?
        return super if external_encoding

        Output.append(text.end_with?("\n") ? text : "#{text}\n")
        nil
      end

      def flush
        Output.drain
        super
      end
    end

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

    # Methods that go around the buffer, start what prints on its own, or leave at once.
    AROUND = {
      STDOUT => %i[
        syswrite write_nonblock reopen dup clone fileno to_i fsync fdatasync seek pos tell
      ],
      Kernel => %i[system spawn ` exec exit!],
      Process => %i[spawn exec exit! daemon kill],
      IO => %i[popen copy_stream]
    }.freeze

    # A module whose methods flush, and then do what they did.
    def self.flushing(names)
      Module.new do
        names.each do |name|
          define_method(name) do |*arguments, **options, &block|
            Output.flush
            super(*arguments, **options, &block)
          end
        end
      end
    end

    # A forked child has no thread that would write for it, and nothing of its parent's to write.
    module Forking
      def _fork
        Output.flush
        super.tap { |pid| Output.forked if pid.zero? }
      end
    end

    WRITE = IO.instance_method(:write).bind(STDOUT)

    module_function

    def prepare
      STDOUT.sync = true
      @buffer = String.new(encoding: Encoding::BINARY)
      @lock = Mutex.new
      @writes = 0
      @blocks = @running = false
      take_streams
      take_processes
      at_exit { @blocks = @running = false; flush }
      @begun = Thread::Queue.new
      watcher = Thread.new { loop { @begun.pop && watch } }
      watcher.name = "kernel_runner output"
    end

    def take_streams
      [STDIN, STDOUT, STDERR].each { |stream| stream.singleton_class.prepend(Kept) }
      STDOUT.singleton_class.prepend(Buffered)
      STDERR.singleton_class.prepend(After)
      Warning.extend(WarningAfter)
    end

    def take_processes
      AROUND.each { |home, names| home.singleton_class.prepend(flushing(names)) }
      # Kernel's are everybody's own, too.
      Kernel.prepend(flushing(AROUND[Kernel]).tap { |around| around.send(:private, *AROUND[Kernel]) })
      Process.singleton_class.prepend(Forking)
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
      @running = @blocks = false
      flush
    end

    # In a forked child.
    def forked
      @lock = Mutex.new
      @buffer.clear
      @blocks = @running = false
    end

    # The text as bytes, which any other may come after.
    def bytes(text)
      text.ascii_only? ? text : text.b
    end

    def append(text)
      @buffer << text # In one step: no other thread comes between.
      @writes += 1
      drain unless @blocks && @buffer.bytesize < BLOCK
      text.bytesize
    end

    # Writes what is in the buffer. Who is interrupted here is so when it is written.
    def drain
      return if @buffer.empty? && !@lock.locked?

      Thread.handle_interrupt(Object => :never) do
        @lock.lock
        begin
          WRITE.call(@buffer.slice!(0..)) until @buffer.empty?
        ensure
          @lock.unlock
        end
      end
    rescue ThreadError
      nil # In a trap, which may not wait: the watcher writes it.
    end

    def flush
      STDOUT.flush
    rescue IOError, SystemCallError
      nil # Closed, or nobody reads it.
    end

    def watch
      while @running
        before = @writes
        sleep TICK
        flush
        @blocks = @running && @writes - before >= MANY
      end
    end
  end
end
