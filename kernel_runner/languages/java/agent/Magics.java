package kernelrunner;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The lines of JJava's notebooks that add jars: {@code %jars lib/*.jar} and {@code %classpath classes}. */
final class Magics {
    private static final Pattern LINE = Pattern.compile("(?m)^%(?:jars|classpath|addToClasspath) +(\\S.*)$");

    private Magics() {}

    /** Does what these lines say; gives the cell without them, its lines where they were. */
    static String apply(String code) throws Failure {
        if (code.indexOf('%') < 0) {
            return code;
        }
        var paths = new ArrayList<String>();
        var rest = LINE.matcher(code).replaceAll(line -> {
            paths.addAll(List.of(line.group(1).strip().split("\\s+")));
            return Matcher.quoteReplacement("");
        });
        for (var path : paths) {
            add(path);
        }
        return rest;
    }

    private static void add(String path) throws Failure {
        try {
            Display.addToClasspath(matching(path).toArray(String[]::new));
        } catch (IOException | IllegalArgumentException failure) {
            var message = "there is no " + path;
            throw new Failure("IllegalArgumentException", message, "IllegalArgumentException: " + message);
        }
    }

    /** What a path means whose last part may have wildcards. */
    private static List<String> matching(String path) throws IOException {
        var file = Path.of(path.startsWith("~/") ? System.getProperty("user.home") + path.substring(1) : path);
        var name = String.valueOf(file.getFileName());
        if (!name.matches(".*[*?\\[{].*")) {
            return List.of(file.toString());
        }
        var folder = file.getParent() == null ? Path.of("") : file.getParent();
        var found = new ArrayList<String>();
        try (var files = Files.newDirectoryStream(folder, name)) {
            files.forEach(each -> found.add(each.toString()));
        }
        if (found.isEmpty()) {
            throw new IllegalArgumentException(path);
        }
        return found;
    }
}
