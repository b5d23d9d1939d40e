package kernelrunner;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import jdk.jshell.JShell;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.SourceCodeAnalysis.Suggestion;

/** Completion, inspection and is-complete, while a cell may be running. */
final class Assist {
    private static final int LIMIT = 500; // matches

    private final JShell shell;
    private final SourceCodeAnalysis analysis;

    Assist(JShell shell) {
        this.shell = shell;
        this.analysis = shell.sourceCodeAnalysis();
    }

    /** The fields of the answer to a C, I or P frame. */
    Object[] answer(Frames.Frame frame) {
        try {
            return switch (frame.type()) {
                case "C" -> complete(before(frame));
                case "I" -> inspect(throughName(frame));
                default -> isComplete(frame.text(0));
            };
        } catch (RuntimeException | LinkageError unknown) { // JShell's analysis has defects of its own
            return switch (frame.type()) {
                case "C" -> new Object[] {"0", "0"};
                case "I" -> new Object[0];
                default -> new Object[] {"unknown", ""};
            };
        }
    }

    private static int offset(Frames.Frame frame) {
        return Math.min(Integer.parseInt(frame.text(1)), frame.fields().get(0).length);
    }

    /** The code before the cursor. */
    private static String before(Frames.Frame frame) {
        return new String(Arrays.copyOf(frame.fields().get(0), offset(frame)), StandardCharsets.UTF_8);
    }

    /** The code before the cursor, and the rest of the name that the cursor is in. */
    private static String throughName(Frames.Frame frame) {
        var before = before(frame);
        var after = frame.text(0).substring(before.length());
        return before + after.chars().takeWhile(Character::isJavaIdentifierPart)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append);
    }

    /** Where the last snippet of a cell begins; JShell analyses one at a time. */
    private int lastSnippet(String code) {
        var rest = code;
        while (true) {
            var info = analysis.analyzeCompletion(rest);
            if (!info.completeness().isComplete() || info.remaining() == null || info.remaining().isBlank()) {
                return code.length() - rest.length();
            }
            rest = info.remaining();
        }
    }

    private Object[] complete(String before) {
        var start = lastSnippet(before);
        var snippet = before.substring(start);
        var anchor = new int[] {snippet.length()};
        var matches = analysis.completionSuggestions(snippet, snippet.length(), anchor).stream()
                .sorted((one, other) -> Boolean.compare(other.matchesType(), one.matchesType()))
                .map(Suggestion::continuation)
                .distinct()
                .limit(LIMIT)
                .toList();
        var fields = new ArrayList<Object>(List.of(
                size(before.substring(0, start + anchor[0])), size(before)));
        fields.addAll(matches);
        return fields.toArray();
    }

    private static int size(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private Object[] inspect(String before) {
        var snippet = before.substring(lastSnippet(before));
        var name = snippet.replaceFirst("(?s)^.*?([\\p{javaJavaIdentifierPart}]*)$", "$1");
        var found = shell.variables()
                .filter(variable -> variable.name().equals(snippet.strip()))
                .map(variable -> variable.typeName() + " " + variable.name())
                .collect(Collectors.toCollection(ArrayList::new));
        // Documentation is of the call that the cursor is in, so make it one.
        for (var call : List.of(snippet, snippet + "(")) {
            if (found.isEmpty() && !name.isEmpty() || call == snippet) {
                analysis.documentation(call, call.length(), true).forEach(each -> {
                    var javadoc = each.javadoc() == null ? "" : "\n\n" + each.javadoc().strip();
                    found.add(each.signature() + javadoc);
                });
            }
        }
        var text = String.join("\n", found.stream().distinct().toList());
        return text.isEmpty() ? new Object[0] : new Object[] {"text/plain", text};
    }

    private Object[] isComplete(String code) {
        var rest = code;
        while (rest != null && !rest.isBlank()) {
            var info = analysis.analyzeCompletion(rest);
            if (info.completeness() == Completeness.UNKNOWN) {
                return new Object[] {"invalid", ""};
            }
            if (info.completeness() == Completeness.EMPTY) {
                break;
            }
            if (!info.completeness().isComplete()) {
                return new Object[] {"incomplete", "    ".repeat(depth(rest))};
            }
            if (!Syntax.isSound(info.source())) {
                return new Object[] {"invalid", ""};
            }
            rest = info.remaining();
        }
        return new Object[] {"complete", ""};
    }

    private static int depth(String code) {
        var bare = code.replaceAll("\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\\n]|\\\\.)*'|//[^\\n]*", "");
        var open = bare.chars().filter(each -> each == '{').count();
        var closed = bare.chars().filter(each -> each == '}').count();
        return (int) Math.max(0, open - closed);
    }
}
