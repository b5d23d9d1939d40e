<?php

declare(strict_types=1);

namespace KernelRunner;

/** Values as PHP would write them, in the way of psysh: short where they are short. */
final class Dumper
{
    private const WIDTH = 76;
    private const DEPTH = 8;
    private const ITEMS = 500;

    public static function dump(mixed $value, int $depth = 0, array $seen = []): string
    {
        return match (true) {
            is_string($value) => self::quoted($value),
            is_float($value) => var_export($value, true),
            is_array($value) => self::array($value, $depth, $seen),
            $value instanceof \UnitEnum => self::className($value) . '::' . $value->name,
            $value instanceof \Closure => self::closure($value),
            is_object($value) => self::object($value, $depth, $seen),
            is_resource($value) => get_resource_type($value) . ' resource #' . get_resource_id($value),
            default => strtolower(var_export($value, true)),
        };
    }

    public static function json(mixed $value): string
    {
        return json_encode($value, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR
            | JSON_PARTIAL_OUTPUT_ON_ERROR);
    }

    private static function quoted(string $text): string
    {
        if (preg_match('//u', $text) && !preg_match('/[\x00-\x08\x0b-\x1f\x7f]/', $text)) {
            return '"' . addcslashes($text, "\"\\\$\n\t") . '"';
        }
        return '"' . addcslashes($text, "\0..\37\"\\\$\177..\377") . '"';
    }

    private static function array(array $array, int $depth, array $seen): string
    {
        if ($depth >= self::DEPTH) {
            return '[...]';
        }
        $items = [];
        $list = array_is_list($array);
        foreach ($array as $key => $item) {
            if (count($items) === self::ITEMS) {
                $items[] = '... ' . (count($array) - self::ITEMS) . ' more';
                break;
            }
            $items[] = ($list ? '' : self::dump($key) . ' => ') . self::dump($item, $depth + 1, $seen);
        }
        return self::block('[', $items, ']');
    }

    private static function object(object $object, int $depth, array $seen): string
    {
        $name = self::className($object);
        if ($depth >= self::DEPTH || in_array($object, $seen, true)) {
            return "$name {...}";
        }
        $seen[] = $object;
        $debug = method_exists($object, '__debugInfo');
        $items = [];
        foreach ($debug ? (array) $object->__debugInfo() : (array) $object as $key => $item) {
            $parts = explode("\0", (string) $key);
            $sign = count($parts) < 3 ? '+' : ($parts[1] === '*' ? '#' : '-');
            $items[] = $sign . end($parts) . ': ' . self::dump($item, $depth + 1, $seen);
        }
        return self::block("$name {", $items, '}');
    }

    private static function className(object $object): string
    {
        return preg_replace(['/\0.*/s', '/·\d+$/'], '', $object::class);
    }

    private static function closure(\Closure $closure): string
    {
        $parameters = (new \ReflectionFunction($closure))->getParameters();
        return 'Closure(' . implode(', ', array_map(Assist::parameter(...), $parameters)) . ')';
    }

    /** On one line, or each on its own. */
    private static function block(string $open, array $items, string $close): string
    {
        $line = $open . implode(', ', $items) . $close;
        if (strlen($line) <= self::WIDTH && !str_contains($line, "\n")) {
            return $line;
        }
        $lines = array_map(fn ($item) => '  ' . str_replace("\n", "\n  ", $item) . ",\n", $items);
        return "$open\n" . implode('', $lines) . $close;
    }
}
