package kernelrunner;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** System.out or System.err: what closes it does not close the descriptor below. */
final class Output extends BufferedOutputStream {
    private static final int SIZE = 8192; // bytes; each print flushes them

    /** What a cell prints to. No subclass: println writes in one go only in PrintStream itself. */
    final PrintStream printer = new PrintStream(this, true, StandardCharsets.UTF_8);

    volatile boolean isClosed;

    Output(FileDescriptor descriptor) {
        super(new FileOutputStream(descriptor), SIZE);
    }

    @Override
    public void close() throws IOException {
        flush();
        isClosed = true;
    }
}
