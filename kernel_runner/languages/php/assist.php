<?php

declare(strict_types=1);

namespace KernelRunner;

/** What can be said about code without running it. */
final class Assist
{
    private const MATCHES = 500;

    /** @return list<string> the fields of the answer to C, I or P */
    public static function answer(string $type, array $fields): array
    {
        try {
            return match ($type) {
                'C' => self::complete($fields[0], (int) $fields[1]),
                'I' => self::inspect($fields[0], (int) $fields[1]),
                'P' => self::completeness($fields[0]),
            };
        } catch (\Throwable) {
            return ['C' => ['0', '0'], 'I' => [], 'P' => ['unknown', '']][$type];
        }
    }

    private static function complete(string $code, int $offset): array
    {
        $before = substr($code, 0, $offset);
        if (preg_match('/(\$?[\w\\\\\x80-\xff]+)(\?->|->|::\$?)([\w\x80-\xff]*)$/', $before, $match)) {
            [, $owner, $arrow, $typed] = $match;
            $names = self::members($owner, $arrow);
        } else {
            preg_match('/\$?[\w\\\\\x80-\xff]*$/', $before, $match);
            $typed = $match[0];
            $names = str_starts_with($typed, '$') ? self::variables() : self::names();
            if ($typed === '') {
                $names = [];
            }
        }
        $fits = array_filter(array_unique($names), fn ($name) => str_starts_with($name, $typed)
            && !str_starts_with($name, 'KernelRunner\\') && !str_contains($name, "\0")
            && !str_contains($name, '·'));
        sort($fits);
        $matches = array_slice($fits, 0, self::MATCHES);
        return [(string) ($offset - strlen($typed)), (string) $offset, ...$matches];
    }

    private static function members(string $owner, string $arrow): array
    {
        $class = $owner[0] === '$' ? ($GLOBALS[substr($owner, 1)] ?? null) : $owner;
        if (is_string($class)) {
            $class = Declarations::currentName('class', $class);
        }
        if (!is_object($class) && !(is_string($class) && class_exists($class))) {
            return [];
        }
        $reflection = new \ReflectionClass($class);
        $static = str_starts_with($arrow, '::');
        $names = [];
        foreach ($reflection->getProperties(\ReflectionProperty::IS_PUBLIC) as $property) {
            if ($property->isStatic() === $static) {
                $names[] = $property->getName();
            }
        }
        if (is_object($class) && !$static) {
            array_push($names, ...array_map(strval(...), array_keys(get_object_vars($class))));
        }
        foreach ($reflection->getMethods(\ReflectionMethod::IS_PUBLIC) as $method) {
            if (!$static || $method->isStatic()) {
                $names[] = $method->getName();
            }
        }
        return $static ? [...$names, ...array_keys($reflection->getConstants())] : $names;
    }

    private static function variables(): array
    {
        return array_map(fn ($name) => "\$$name", array_keys($GLOBALS));
    }

    private static function names(): array
    {
        $functions = get_defined_functions();
        return [
            ...$functions['internal'], ...$functions['user'], ...get_declared_classes(),
            ...get_declared_interfaces(), ...get_declared_traits(),
            ...array_keys(get_defined_constants()), ...Declarations::names(), ...self::KEYWORDS,
        ];
    }

    private static function inspect(string $code, int $offset): array
    {
        preg_match('/(?:\$?[\w\\\\\x80-\xff]+(?:->|::))?\$?[\w\\\\\x80-\xff]*$/', substr($code, 0, $offset), $start);
        preg_match('/^[\w\x80-\xff]*/', substr($code, $offset), $end);
        $text = self::describe($start[0] . $end[0]);
        return $text === null ? [] : ['text/plain', $text];
    }

    private static function describe(string $name): ?string
    {
        if (preg_match('/^(\$?)([\w\\\\\x80-\xff]+)(?:->|::)(\w+)$/', $name, $match)) {
            $owner = $match[1] ? $GLOBALS[$match[2]] : Declarations::currentName('class', $match[2]);
            return self::signature(new \ReflectionMethod($owner, $match[3]));
        }
        if (str_starts_with($name, '$')) {
            $known = array_key_exists(substr($name, 1), $GLOBALS);
            return $known ? "$name = " . Dumper::dump($GLOBALS[substr($name, 1)]) : null;
        }
        $function = Declarations::currentName('function', $name);
        if ($name !== '' && function_exists($function)) {
            return self::signature(new \ReflectionFunction($function));
        }
        $class = Declarations::currentName('class', $name);
        if ($name !== '' && (class_exists($class) || interface_exists($class) || trait_exists($class))) {
            return self::describeClass(new \ReflectionClass($class));
        }
        return defined($name) ? "$name = " . Dumper::dump(constant($name)) : null;
    }

    private static function signature(\ReflectionFunctionAbstract $function): string
    {
        $parameters = implode(', ', array_map(self::parameter(...), $function->getParameters()));
        $type = $function->getReturnType() ?? $function->getTentativeReturnType();
        $text = "function {$function->getName()}($parameters)" . ($type ? ": $type" : '');
        return self::withComment($text, $function->getDocComment());
    }

    public static function parameter(\ReflectionParameter $parameter): string
    {
        $text = ($parameter->hasType() ? $parameter->getType() . ' ' : '')
            . ($parameter->isPassedByReference() ? '&' : '')
            . ($parameter->isVariadic() ? '...' : '') . '$' . $parameter->getName();
        if (!$parameter->isDefaultValueAvailable()) {
            return $text;
        }
        return "$text = " . ($parameter->isDefaultValueConstant()
            ? $parameter->getDefaultValueConstantName() : Dumper::dump($parameter->getDefaultValue()));
    }

    private static function describeClass(\ReflectionClass $class): string
    {
        $kind = $class->isInterface() ? 'interface' : ($class->isTrait() ? 'trait' : 'class');
        $parent = $class->getParentClass();
        $lines = ["$kind {$class->getName()}" . ($parent ? " extends {$parent->getName()}" : '')];
        foreach ($class->getMethods(\ReflectionMethod::IS_PUBLIC) as $method) {
            $lines[] = '    ' . strtok(self::signature($method), "\n");
        }
        return self::withComment(implode("\n", $lines), $class->getDocComment());
    }

    private static function withComment(string $text, string|false $comment): string
    {
        $text = preg_replace('/·\d+\b/', '', $text);
        if ($comment === false) {
            return $text;
        }
        $lines = preg_replace('~^\s*(/\*\*|\*/|\*)\s?~m', '', rtrim($comment, "*/ \n"));
        return "$text\n\n" . trim($lines);
    }

    /** complete, incomplete or invalid; and the next line's indentation. */
    private static function completeness(string $code): array
    {
        $error = Source::syntaxError(Source::withTag($code) . "\n;");
        if ($error === null) {
            return ['complete', ''];
        }
        $last = array_slice(\PhpToken::tokenize(Source::withTag($code)), -1)[0];
        $open = str_contains($error->getMessage(), 'unexpected end of file')
            || preg_match('/^(Unclosed|Unterminated comment)/', $error->getMessage());
        // An open string: the rest of the code is the string's, or its quote stands alone.
        $string = preg_match('/^(Unclosed|syntax error, unexpected (string content|token "\\\\?"|heredoc|end))/',
            $error->getMessage()) && ($last->is(T_ENCAPSED_AND_WHITESPACE) || $last->text === '"');
        $needsMore = $error->getLine() >= substr_count(rtrim($code), "\n") + 1
            && preg_match('/unexpected token ";"/', $error->getMessage())
            && !str_ends_with(rtrim($code), ';')
            && preg_match('/(?:[-+*\/.,=<>|&?:(\[]|\b(?:new|extends|implements|return|instanceof))\s*$/', $code);
        if (!$open && !$string && !$needsMore) {
            return ['invalid', ''];
        }
        preg_match('/[^\n]*\z/', rtrim($code, "\n"), $line);
        preg_match('/^[ \t]*/', $line[0], $indent);
        return ['incomplete', $string ? '' : $indent[0] . (preg_match('/[{(\[:]\s*$/', $line[0]) ? '    ' : '')];
    }

    private const KEYWORDS = [
        'abstract', 'array', 'break', 'callable', 'case', 'catch', 'class', 'clone', 'const',
        'continue', 'declare', 'default', 'echo', 'else', 'elseif', 'empty', 'endfor', 'endforeach',
        'endif', 'endswitch', 'endwhile', 'enum', 'exit', 'extends', 'final', 'finally', 'foreach',
        'function', 'global', 'goto', 'implements', 'include', 'include_once', 'instanceof',
        'insteadof', 'interface', 'isset', 'list', 'match', 'namespace', 'print', 'private',
        'protected', 'public', 'readonly', 'require', 'require_once', 'return', 'static', 'switch',
        'throw', 'trait', 'unset', 'while', 'yield',
    ];
}
