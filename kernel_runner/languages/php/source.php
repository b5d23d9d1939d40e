<?php

declare(strict_types=1);

namespace KernelRunner;

/**
 * A cell as it is compiled: with what earlier cells have imported, with `return` before its last
 * expression, and with new names for what it defines anew. Its lines stay where they are.
 */
final class Source
{
    public readonly Declarations $declarations;

    /** Whether the cell has a value to show. */
    public readonly bool $hasValue;

    private const ASSIGNMENTS = [
        '=', '+=', '-=', '*=', '/=', '.=', '%=', '**=', '??=', '&=', '|=', '^=', '<<=', '>>=',
    ];

    /** Whose value nobody wants to see. */
    private const QUIET = [
        'printf', 'vprintf', 'fprintf', 'vfprintf', 'fwrite', 'fputs', 'readfile', 'define', 'fclose',
        'file_put_contents', 'usleep', 'sleep',
    ];

    /** @var list<\PhpToken> */
    private array $tokens;

    public function __construct(string $code, string $file, int $count)
    {
        $code = self::withTag($code);
        $sound = self::syntaxError($code);
        if ($sound !== null && self::syntaxError("$code\n;") === null) {
            $code .= "\n;";
            $sound = null;
        }
        $this->tokens = \PhpToken::tokenize($code);
        $this->declarations = new Declarations($this->tokens, $file);
        if ($sound !== null) { // Including it gives the error, with its line.
            $this->hasValue = false;
            return;
        }
        $start = $this->findLastExpression();
        $this->hasValue = ($start !== null && !$this->isQuiet($start)) || $this->hasReturn();
        $this->useDirectory();
        $this->declarations->rewrite();
        if ($start !== null) {
            $this->tokens[$start]->text = 'return ' . $this->tokens[$start]->text;
        }
        $this->declarations->addPrologue();
    }

    public function text(): string
    {
        return implode('', array_column($this->tokens, 'text'));
    }

    /** With an opening tag, which a cell may have or not. */
    public static function withTag(string $code): string
    {
        if (preg_match('/^(\s*)<\?php(?=\s|$)/i', $code, $match)) {
            return '<?php ' . $match[1] . substr($code, strlen($match[0]));
        }
        return preg_match('/^\s*<\?=/', $code) ? ltrim($code) : "<?php $code";
    }

    public static function syntaxError(string $code): ?\ParseError
    {
        try {
            \PhpToken::tokenize($code, TOKEN_PARSE);
            return null;
        } catch (\ParseError $error) {
            return $error;
        }
    }

    /**
     * Where the last statement begins, if it is an expression: if it can be returned. It begins
     * after the last semicolon, or after a brace, unless that is the expression's own.
     */
    private function findLastExpression(): ?int
    {
        foreach ($this->statementStarts() as $start) {
            if ($this->tokens[$start]->is([T_PRINT, T_INCLUDE, T_INCLUDE_ONCE, T_REQUIRE, T_REQUIRE_ONCE])) {
                return null;
            }
            $text = $this->tokens[$start]->text;
            $this->tokens[$start]->text = "return $text";
            $error = self::syntaxError($this->text());
            $this->tokens[$start]->text = $text;
            if ($error === null) {
                return $start;
            }
        }
        return null;
    }

    /** @return list<int> tokens with which the last statement may begin, the most likely first */
    private function statementStarts(): array
    {
        $starts = [];
        $next = null; // the first token of the current candidate
        $depth = 0;
        for ($i = count($this->tokens) - 1; $i >= 0 && count($starts) < 8; $i--) {
            $token = $this->tokens[$i];
            if ($token->isIgnorable() && $token->id !== T_OPEN_TAG) {
                continue;
            }
            if ($token->is([T_INLINE_HTML, T_OPEN_TAG_WITH_ECHO])) {
                break; // What stands there is shown already.
            }
            $ends = in_array($token->text, [';', '}'], true) || $token->is([T_OPEN_TAG, T_CLOSE_TAG]);
            if ($depth === 0 && $ends && $next !== null) {
                $starts[] = $next;
                if ($token->text !== '}') {
                    break;
                }
            }
            $depth += match ($token->text) {
                ')', ']', '}' => 1,
                '(', '[', '{', '${', '#[' => -1,
                default => 0,
            };
            if ($next !== null || !($token->text === ';' || $token->is([T_OPEN_TAG, T_CLOSE_TAG]))) {
                $next = $i;
            }
        }
        return $starts;
    }

    private function isQuiet(int $start): bool
    {
        $depth = 0;
        $first = strtolower(ltrim($this->tokens[$start]->text, '\\'));
        if (in_array($first, self::QUIET, true)) {
            return true;
        }
        for ($i = $start; $i < count($this->tokens); $i++) {
            $text = $this->tokens[$i]->text;
            $depth += match ($text) {
                '(', '[', '{', '${', '#[' => 1,
                ')', ']', '}' => -1,
                default => 0,
            };
            if ($depth === 0 && in_array($text, self::ASSIGNMENTS, true)) {
                return true;
            }
            if ($depth === 0 && $this->tokens[$i]->is([T_FN, T_DOUBLE_ARROW])) {
                return false;
            }
        }
        return false;
    }

    private function hasReturn(): bool
    {
        $depth = 0;
        foreach ($this->tokens as $token) {
            $depth += match ($token->text) {
                '{', '${' => 1,
                '}' => -1,
                default => 0,
            };
            if ($depth === 0 && $token->id === T_RETURN) {
                return true;
            }
        }
        return false;
    }

    /** `__DIR__` is where the notebook is, not where the cell's file is. */
    private function useDirectory(): void
    {
        foreach ($this->tokens as $token) {
            if ($token->id === T_DIR) {
                $token->text = var_export((string) getcwd(), true);
            }
        }
    }
}
