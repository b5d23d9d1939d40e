package kernelrunner;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;

/**
 * System.out or System.err: what closes it does not close the descriptor below.
 *
 * <p>A print is written at once as long as there are few. Many to System.out are kept for a
 * millisecond and written together by a thread of ours, while a cell computes or sleeps, too; and
 * nothing stops that thread in the middle of a write. flush() returns when all is written.
 *
 * <p>The JDK tells nobody that it starts a child, or halts. A child takes longer than that millisecond
 * to come to its first word; what was printed within one before Runtime.halt may be lost.
 */
final class Output extends OutputStream {
    private static final int SIZE = 1 << 16; // bytes
    private static final int TICK = 1; // milliseconds
    private static final int MANY = 20; // prints in a tick

    private final OutputStream target;
    private final Output before;
    /** Not that of a cell, which is stopped with all its threads. */
    private final ThreadGroup group = Thread.currentThread().getThreadGroup();

    private PrintStream printer;
    private volatile boolean isClosed;

    private byte[] kept = new byte[SIZE];
    private byte[] spare = new byte[SIZE];
    private int size;
    private boolean isKeeping;
    private boolean isHurried;
    private boolean isWriting;
    private int prints;
    private long tick;

    /** What is written here comes after what was printed to {@code before}, which is null for System.out. */
    Output(FileDescriptor descriptor, Output before) {
        target = new FileOutputStream(descriptor);
        this.before = before;
        open();
    }

    /** What a cell prints to. No subclass: println writes in one go only in PrintStream itself. */
    PrintStream printer() {
        return printer;
    }

    boolean isClosed() {
        return isClosed;
    }

    /** Makes a new printer; the old one is closed, or holds half a line. */
    PrintStream open() {
        isClosed = false;
        printer = new PrintStream(this, false, StandardCharsets.UTF_8);
        return printer;
    }

    @Override
    public void close() {
        flush();
        isClosed = true;
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        if (before != null) {
            before.flush();
        }
        prints++;
        var done = 0;
        while (isKeeping && done < length) {
            done += keep(bytes, offset + done, length - done);
        }
        if (done < length) {
            target.write(bytes, offset + done, length - done);
            keepIfMany();
        }
    }

    @Override
    public synchronized void flush() {
        waitUntil(() -> size == 0 && !isWriting);
    }

    /** Keeps as much as there is room for; where there is none, waits for it. */
    private int keep(byte[] bytes, int offset, int length) {
        var piece = Math.min(length, SIZE - size);
        System.arraycopy(bytes, offset, kept, size, piece);
        size += piece;
        if (size > SIZE / 2) {
            hurry();
        }
        if (piece == 0) {
            waitUntil(() -> size < SIZE);
        }
        return piece;
    }

    private void keepIfMany() {
        var now = System.nanoTime();
        if (now - tick > TICK * 1_000_000L) {
            tick = now;
            prints = 0;
        } else if (prints > MANY && before == null) {
            startWriter();
        }
    }

    private void startWriter() {
        var writer = new Thread(group, this::writeWhileMany, "output");
        writer.setDaemon(true);
        isKeeping = true;
        writer.start();
    }

    private void writeWhileMany() {
        while (writeKept()) {}
    }

    /** Writes what has come together; false when there was nothing. */
    private boolean writeKept() {
        byte[] bytes;
        int length;
        synchronized (this) {
            pause();
            bytes = kept;
            length = size;
            kept = spare;
            spare = bytes;
            size = 0;
            isWriting = true;
            notifyAll();
        }
        try {
            target.write(bytes, 0, length);
        } catch (IOException ignored) {
            // Nobody reads it.
        }
        synchronized (this) {
            isWriting = false;
            isKeeping = length > 0 || size > 0;
            notifyAll();
            return isKeeping;
        }
    }

    private void pause() {
        try {
            if (!isHurried) {
                wait(TICK);
            }
        } catch (InterruptedException impossible) {
            // Nobody knows this thread; and it would only be early.
        }
        isHurried = false;
    }

    private void hurry() {
        if (!isHurried) {
            isHurried = true;
            notifyAll();
        }
    }

    /** Waits for the writer. Who is interrupted here is so when it has written. */
    private void waitUntil(BooleanSupplier isDone) {
        var isInterrupted = false;
        while (!isDone.getAsBoolean()) {
            hurry();
            try {
                wait();
            } catch (InterruptedException later) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
