package kernelrunner;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;

/** Reads and writes frames. */
final class Frames {
    private static final byte[] END = new byte[0];
    private static final byte[] MARK = "\033_kernel-runner\033\\".getBytes(StandardCharsets.US_ASCII);
    private static final OutputStream STDOUT = new FileOutputStream(FileDescriptor.out);

    private final BlockingQueue<byte[]> unsent = new LinkedBlockingQueue<>();
    private final Thread writer;

    /** A frame: its type, the id of its request, its fields. */
    record Frame(String type, long id, List<byte[]> fields) {
        /** A field as text; empty where the frame is shorter. */
        String text(int index) {
            return index < fields.size() ? new String(fields.get(index), StandardCharsets.UTF_8) : "";
        }
    }

    Frames(OutputStream output) {
        writer = new Thread(() -> write(output), "frames");
        writer.setDaemon(true);
        writer.start();
    }

    /** Sends a frame. A field is a byte array, or its text. */
    void send(String type, long id, Object... fields) {
        var raw = Stream.of(fields).map(Frames::bytes).toList();
        var header = new StringBuilder(type).append(' ').append(id);
        raw.forEach(field -> header.append(' ').append(field.length));
        var frame = new ByteArrayOutputStream();
        frame.writeBytes(header.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
        raw.forEach(frame::writeBytes);
        unsent.add(frame.toByteArray());
    }

    private static byte[] bytes(Object field) {
        return field instanceof byte[] raw ? raw : String.valueOf(field).getBytes(StandardCharsets.UTF_8);
    }

    private void write(OutputStream output) {
        try {
            for (var frame = unsent.take(); frame != END; frame = unsent.take()) {
                output.write(frame);
            }
        } catch (InterruptedException | IOException lost) {
            // The kernel is gone; the reader notices too.
        }
    }

    /** Returns once everything is sent. */
    void close() {
        unsent.add(END);
        try {
            writer.join();
        } catch (InterruptedException ignored) {
            // The JVM ends anyway.
        }
    }

    /** Writes to stdout where a display comes between what is printed. */
    static void mark() {
        try {
            STDOUT.write(MARK);
        } catch (IOException ignored) {
            // Nobody reads stdout, so nothing can be out of order there.
        }
    }

    /** The next frame; null at the end. */
    static Frame read(DataInputStream input) throws IOException {
        var line = new StringBuilder();
        for (int next = input.read(); next != '\n'; next = input.read()) {
            if (next < 0) {
                return null;
            }
            line.append((char) next);
        }
        var words = line.toString().split(" ");
        var fields = new byte[words.length - 2][];
        for (int i = 0; i < fields.length; i++) {
            fields[i] = new byte[Integer.parseInt(words[i + 2])];
            input.readFully(fields[i]);
        }
        return new Frame(words[0], Long.parseLong(words[1]), List.of(fields));
    }
}
