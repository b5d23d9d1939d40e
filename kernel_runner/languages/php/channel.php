<?php

declare(strict_types=1);

namespace KernelRunner;

/** Reads requests on fd 3 and writes answers on fd 4, as frames. */
final class Channel
{
    /** @var resource */
    private $requests;

    /** @var resource */
    private $answers;

    public function __construct()
    {
        $this->requests = Engine::take(3, 'rb');
        $this->answers = Engine::take(4, 'wb');
    }

    /** @return array{string, string, list<string>}|null type, id and fields; null at the end */
    public function receive(): ?array
    {
        $header = fgets($this->requests);
        if ($header === false) {
            return null;
        }
        [$type, $id, $lengths] = [...explode(' ', rtrim($header), 3), ''];
        $fields = [];
        foreach ($lengths === '' ? [] : explode(' ', $lengths) as $length) {
            $fields[] = $length === '0' ? '' : stream_get_contents($this->requests, (int) $length);
        }
        return [$type, $id, $fields];
    }

    public function send(string $type, string $id, string ...$fields): void
    {
        $header = implode(' ', [$type, $id, ...array_map(strlen(...), $fields)]);
        $frame = "$header\n" . implode('', $fields);
        for ($sent = 0; $sent < strlen($frame);) {
            $sent += (int) fwrite($this->answers, $sent ? substr($frame, $sent) : $frame);
        }
    }
}
