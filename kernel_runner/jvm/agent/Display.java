package kernelrunner;

import java.awt.image.RenderedImage;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;

/**
 * What cells call to show things; its methods are imported in every session.
 *
 * <p>An object says how it looks with a public method: toHtml, toMarkdown, toLatex, toSvg (text),
 * toPng, toJpeg (byte[]), or toMimeBundle (a Map from MIME types to data). Images become PNG.
 */
public final class Display {
    private static final Pattern MIME = Pattern.compile("(?:text|image|application|audio|video)/[\\w.+-]+");
    private static final Map<String, String> METHODS = Map.of(
            "toHtml", "text/html", "toHTML", "text/html", "toMarkdown", "text/markdown", "toLatex", "text/latex",
            "toSvg", "image/svg+xml", "toSVG", "image/svg+xml", "toPng", "image/png", "toJpeg", "image/jpeg");

    private static Agent agent;

    /** What display gave last: no result worth showing. */
    private static volatile String lastId;

    private Display() {}

    static void connect(Agent agent) {
        Display.agent = agent;
    }

    /** Shows data of a MIME type; gives the id under which it can be updated. */
    public static String display(String mime, Object data) {
        var isSwapped = !MIME.matcher(mime).matches() && data instanceof String text && MIME.matcher(text).matches();
        return isSwapped ? display(Map.of((String) data, mime)) : display(Map.of(mime, data));
    }

    /** Shows a value as it says it looks, or a Map from MIME types to data as these. */
    public static String display(Object value) {
        var id = UUID.randomUUID().toString();
        agent.show("D", fields("display", id, bundle(value, textOf(value))));
        lastId = id;
        return id;
    }

    /** Shows a cell's value; `text` is how a console shows it. */
    static void result(Object value, String text) {
        if (value == null || value != lastId) {
            agent.show("D", fields("result", "", bundle(value, text)));
        }
    }

    /** Shows a value as text of these MIME types: `display("<b>x</b>", "text/html")`. */
    public static String display(Object value, String first, String... more) {
        var data = new LinkedHashMap<String, Object>();
        data.put(first, value);
        for (var mime : more) {
            data.put(mime, value);
        }
        return display(data);
    }

    /** Puts a value in the place of what was shown under an id. */
    public static void updateDisplay(String id, Object value) {
        agent.show("D", fields("update", id, bundle(value, textOf(value))));
    }

    /** Puts data of a MIME type in the place of what was shown under an id. */
    public static void updateDisplay(String id, String mime, Object data) {
        updateDisplay(id, Map.of(mime, data));
    }

    /** Clears the cell's output; with wait, only when something new comes. */
    public static void clearOutput(boolean wait) {
        agent.show("U", wait ? "1" : "0");
    }

    /** Clears the cell's output. */
    public static void clearOutput() {
        clearOutput(false);
    }

    /** Adds jars or folders of classes to the session. */
    public static void addToClasspath(String... paths) {
        for (var path : paths) {
            if (!new File(path).exists()) {
                throw new IllegalArgumentException("there is no " + path);
            }
            agent.evaluator().addToClasspath(path);
        }
    }

    /** A value as a MIME bundle; `text` is how a console shows it. */
    static Map<String, Object> bundle(Object value, String text) {
        var bundle = new LinkedHashMap<String, Object>();
        try {
            if (value instanceof RenderedImage image) {
                bundle.put("image/png", png(image));
            } else if (value instanceof Map<?, ?> map && isBundle(map)) {
                map.forEach((mime, data) -> bundle.put((String) mime, data));
            } else if (value != null) {
                callMethods(value, bundle);
            }
        } catch (ReflectiveOperationException | IOException | RuntimeException | LinkageError failure) {
            var cause = failure.getCause() == null ? failure : failure.getCause();
            System.err.println("The value could not be shown as it wants to be: " + cause);
        }
        bundle.putIfAbsent("text/plain", text);
        return bundle;
    }

    private static boolean isBundle(Map<?, ?> map) {
        return !map.isEmpty()
                && map.keySet().stream().allMatch(key -> key instanceof String text && MIME.matcher(text).matches());
    }

    private static void callMethods(Object value, Map<String, Object> bundle) throws ReflectiveOperationException {
        for (var method : value.getClass().getMethods()) {
            if (method.getParameterCount() > 0 || Modifier.isStatic(method.getModifiers())) {
                continue;
            }
            var mime = METHODS.get(method.getName());
            if (mime != null) {
                putIfPresent(bundle, mime, call(method, value));
            } else if (method.getName().equals("toMimeBundle") && call(method, value) instanceof Map<?, ?> map) {
                map.forEach((key, data) -> putIfPresent(bundle, String.valueOf(key), data));
            }
        }
    }

    private static Object call(Method method, Object value) throws ReflectiveOperationException {
        method.setAccessible(true); // the class itself need not be public
        return method.invoke(value);
    }

    private static void putIfPresent(Map<String, Object> bundle, String mime, Object data) {
        if (data != null) {
            bundle.put(mime, data);
        }
    }

    private static byte[] png(RenderedImage image) throws IOException {
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    private static String textOf(Object value) {
        if (value instanceof Map<?, ?> map && isBundle(map)) {
            return map.values().stream().filter(String.class::isInstance).map(String.class::cast).findFirst().orElse("");
        }
        return String.valueOf(value);
    }

    /** The fields of a D frame. */
    static Object[] fields(String kind, String id, Map<String, Object> bundle) {
        var fields = new ArrayList<Object>();
        fields.add(kind);
        fields.add(id);
        fields.add("");
        bundle.forEach((mime, data) -> {
            fields.add(mime);
            fields.add(data);
        });
        return fields.toArray();
    }
}
