<?php

declare(strict_types=1);

namespace KernelRunner {

    /** Values as MIME bundles. */
    final class Display
    {
        private const METHODS = [
            'toHtml' => 'text/html',
            'toMarkdown' => 'text/markdown',
            'toLatex' => 'text/latex',
            'toSvg' => 'image/svg+xml',
            'toPng' => 'image/png',
        ];

        /** @return array<string, mixed> always with text/plain */
        public static function bundle(mixed $value): array
        {
            $bundle = ['text/plain' => Dumper::dump($value)];
            if (!is_object($value)) {
                return $bundle;
            }
            if (is_callable([$value, 'toMimeBundle'])) {
                return [...$bundle, ...$value->toMimeBundle()];
            }
            foreach (self::METHODS as $method => $mime) {
                if (method_exists($value, $method) && is_callable([$value, $method])) {
                    $bundle[$mime] = (string) $value->$method();
                }
            }
            if ($value instanceof \GdImage) {
                ob_start();
                imagepng($value);
                $bundle['image/png'] = ob_get_clean();
            }
            return $bundle;
        }

        /** A value; a MIME type and its data; or an array of both. */
        public static function bundleOf(mixed $value, mixed $data): array
        {
            if (is_string($value) && $data !== null) {
                return [$value => $data, ...($value === 'text/plain' ? [] : ['text/plain' => "<$value>"])];
            }
            if (is_array($value) && $value && str_contains((string) array_key_first($value), '/')) {
                return [...['text/plain' => '<' . array_key_first($value) . '>'], ...$value];
            }
            return self::bundle($value);
        }
    }
}

namespace {

    use KernelRunner\Display;
    use KernelRunner\Session;

    /**
     * Shows a value: display($object), display('text/html', '<b>bold</b>'), or
     * display(['text/html' => ..., 'text/plain' => ...]).
     */
    function display(mixed $value, mixed $data = null, string $id = '', array $metadata = []): void
    {
        Session::show('display', Display::bundleOf($value, $data), $id, $metadata);
    }

    /** Shows something in the place of what was displayed with the same id. */
    function update_display(string $id, mixed $value, mixed $data = null): void
    {
        Session::show('update', Display::bundleOf($value, $data), $id);
    }

    /** Clears the cell's output; with $wait, once there is something new to show. */
    function clear_output(bool $wait = false): void
    {
        Session::clear($wait);
    }
}
