package kernelrunner;

import java.util.Map;
import sun.misc.Unsafe;

/** This JVM's environment variables: what System.getenv tells, and what its children get. */
public final class Environment {
    private Environment() {}

    /** Sets a variable. Java has no way to do so, so this finds the map behind System.getenv(). */
    public static void set(String name, String value) {
        try {
            variables().put(name, value);
        } catch (ReflectiveOperationException | RuntimeException | LinkageError unknown) { // another JDK
            System.err.println("[This JVM keeps its environment: commands, programs and the next session have it.]");
        }
    }

    @SuppressWarnings({"unchecked", "deprecation", "removal"})
    private static Map<String, String> variables() throws ReflectiveOperationException {
        var field = Unsafe.class.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        var unsafe = (Unsafe) field.get(null);
        var unmodifiable = System.getenv();
        var inner = unmodifiable.getClass().getDeclaredField("m");
        return (Map<String, String>) unsafe.getObject(unmodifiable, unsafe.objectFieldOffset(inner));
    }
}
