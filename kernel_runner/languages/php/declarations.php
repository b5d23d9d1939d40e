<?php

declare(strict_types=1);

namespace KernelRunner;

/** A function, class or constant at the top level of a cell. */
final class Declaration
{
    /** The name that PHP knows it by: its own, or one with a number. */
    public string $current;

    /** @var array<string, true> keys of what it mentions */
    public array $mentions = [];

    public function __construct(
        public readonly string $kind,
        public readonly string $name,
        public readonly int $start,
        public readonly int $end,
        public readonly int $nameAt,
        public readonly string $source,
        public readonly string $prologue,
        public readonly string $file,
        public readonly int $line,
    ) {
        $this->current = $name;
    }

    public function key(): string
    {
        return Declarations::key($this->kind, $this->name);
    }
}

/**
 * What cells have declared at their top level, and how a later cell may declare it anew.
 *
 * PHP refuses to declare a function or a class twice. So the second `f` is compiled as `f·2`, and
 * wherever a later cell says `f`, it gets that. Earlier declarations that mention `f` are compiled
 * anew as well, with new names of their own, so that they see the new one. Objects that exist keep
 * their old class. What is declared again just as it was stays what it is.
 */
final class Declarations
{
    /** @var array<string, Declaration> what there is, by key */
    private static array $known = [];

    /** @var array<string, string> `use` statements by kind and alias */
    private static array $imports = [];

    private static string $namespace = '';

    private static bool $strict = false;

    /** @var array<string, Declaration> what this cell declares */
    private array $declared = [];

    /** @var array<string, Declaration> what has to be compiled anew */
    private array $dependents = [];

    /** @var array<string, string> this cell's new names, by key */
    private array $renamed = [];

    /** @var array<string, string> imports, with this cell's own */
    private array $scope;

    /** @var array<string, string> this cell's own imports */
    private array $own = [];

    private string $inNamespace;
    private bool $isStrict;
    private bool $isBraced = false;
    private int $prologueAt = 0;

    /** Functions that take the name of a function, class or constant. */
    private const TAKE_NAMES = [
        'array_map', 'array_filter', 'array_reduce', 'array_walk', 'usort', 'uasort', 'uksort',
        'call_user_func', 'call_user_func_array', 'is_callable', 'function_exists', 'class_exists',
        'interface_exists', 'trait_exists', 'enum_exists', 'is_a', 'is_subclass_of', 'defined',
        'constant', 'method_exists', 'property_exists', 'get_class_methods', 'reflectionfunction',
        'reflectionclass', 'reflectionmethod', 'preg_replace_callback', 'spl_autoload_register',
        'register_shutdown_function', 'set_error_handler', 'set_exception_handler', 'iterator_apply',
    ];

    /** @param list<\PhpToken> $tokens which are changed in place */
    public function __construct(private array $tokens, private readonly string $file)
    {
        $this->scope = self::$imports;
        $this->inNamespace = self::$namespace;
        $this->isStrict = self::$strict;
    }

    public static function key(string $kind, string $name): string
    {
        $name = ltrim($name, '\\');
        return "$kind $name" === "const $name" ? "const $name" : "$kind " . strtolower($name);
    }

    /** The name that PHP has for what cells call by a name. */
    public static function currentName(string $kind, string $name): string
    {
        return (self::$known[self::key($kind, $name)] ?? null)?->current ?? $name;
    }

    /** @return list<string> */
    public static function names(): array
    {
        return array_values(array_map(fn ($each) => $each->name, self::$known));
    }

    /** Find what the cell declares, decide what gets a new name, and use the new names. */
    public function rewrite(): void
    {
        $this->scan();
        $this->decide();
        foreach ($this->declared as $key => $each) {
            if (isset($this->renamed[$key])) {
                $this->tokens[$each->nameAt]->text = $this->declaredName($each, $this->renamed[$key]);
            } elseif (isset(self::$known[$key]) && self::exists(self::$known[$key])) {
                $this->erase($each);
            }
        }
        $this->rename($this->tokens, $this->inNamespace, $this->scope, $this->nameTokens());
    }

    /** What earlier cells imported, and the call that tells that the cell has been compiled. */
    public function addPrologue(): void
    {
        if ($this->isBraced) {
            return;
        }
        $first = $this->tokens[$this->prologueAt];
        $text = '';
        if ($this->prologueAt === 0 && self::$strict) {
            $text = 'declare(strict_types=1);';
        }
        if ($this->inNamespace !== '' && !$this->hasOwnNamespace()) {
            $text .= "namespace {$this->inNamespace};";
        }
        foreach (array_diff_key($this->scope, $this->own) as $key => $import) {
            if (!isset($this->declared[$key])) {
                $text .= $import;
            }
        }
        $first->text .= $text . '\KernelRunner\Session::begun();';
    }

    /** The cell has been compiled: from now on its declarations are what there is. */
    public function commit(string $directory): void
    {
        foreach ($this->declared as $key => $each) {
            if (isset($this->renamed[$key]) || !isset(self::$known[$key])) {
                $each->current = $this->renamed[$key] ?? $each->name;
                self::$known[$key] = $each;
            }
        }
        $old = [];
        foreach ($this->dependents as $key => $each) {
            $old[$key] = $each->current;
            $each->current = $this->renamed[$key];
        }
        self::$imports = $this->scope;
        self::$namespace = $this->inNamespace;
        self::$strict = $this->isStrict;
        foreach ($this->inOrder($this->dependents) as $key => $each) {
            $this->compileAnew($each);
            if ($each->kind === 'class') {
                self::copyStatics($old[$key], $each->current);
            }
        }
    }

    /** Walk over the cell's top level. */
    private function scan(): void
    {
        $depth = $paren = 0;
        $declare = false;
        $begin = 0; // where the statement begins
        foreach ($this->tokens as $i => $token) {
            if ($token->isIgnorable()) {
                continue;
            }
            if ($depth === 0 && $paren === 0) {
                $this->scanStatement($i, $token, $begin);
            }
            if ($token->is(['{', T_CURLY_OPEN, T_DOLLAR_OPEN_CURLY_BRACES])) {
                $depth++;
            } elseif ($token->text === '}') {
                $depth--;
            } elseif ($token->is(['(', '[', T_ATTRIBUTE])) {
                $paren++;
            } elseif ($token->is([')', ']'])) {
                $paren--;
            }
            if ($depth === 0 && $paren === 0 && $token->is([';', '}'])) {
                $begin = $i + 1;
            }
        }
    }

    private function scanStatement(int $i, \PhpToken $token, int $begin): void
    {
        $next = $this->following($i);
        $name = $next === null ? '' : $this->tokens[$next]->text;
        switch ($token->id) {
            case T_DECLARE:
                if (str_contains(strtolower($this->textOf($i, $this->endOf($i, ';'))), 'strict_types')) {
                    $this->isStrict = (bool) preg_match('/=\s*1/', $this->textOf($i, $this->endOf($i, ';')));
                    $this->prologueAt = max($this->prologueAt, $this->endOf($i, ';'));
                }
                break;
            case T_NAMESPACE:
                $end = $this->endOf($i, ';');
                if (str_contains($this->textOf($i, $end), '{')) {
                    $this->isBraced = true;
                    break;
                }
                $this->inNamespace = $name;
                $this->scope = [];
                $this->prologueAt = $end;
                break;
            case T_USE:
                $this->addImports($this->textOf($i, $this->endOf($i, ';')));
                break;
            case T_FUNCTION:
                if ($name === '&') {
                    $next = $this->following($next);
                    $name = $this->tokens[$next]->text;
                }
                if ($name !== '(') {
                    $this->declare('function', $next, $begin, $this->endOf($i, '}'));
                }
                break;
            case T_CLASS:
            case T_INTERFACE:
            case T_TRAIT:
            case T_ENUM:
                $before = $this->preceding($i);
                $anonymous = $before !== null && $this->tokens[$before]->is([T_NEW, T_DOUBLE_COLON]);
                if (!$anonymous && $next !== null && $this->tokens[$next]->id === T_STRING) {
                    $this->declare('class', $next, $begin, $this->endOf($i, '}'));
                }
                break;
            case T_CONST:
                $this->declare('const', $next, $begin, $this->endOf($i, ';'));
                break;
        }
    }

    private function declare(string $kind, int $nameAt, int $begin, int $end): void
    {
        while ($this->tokens[$begin]->isIgnorable() && $begin < $nameAt) {
            $begin++;
        }
        $name = ltrim("{$this->inNamespace}\\{$this->tokens[$nameAt]->text}", '\\');
        $declaration = new Declaration(
            $kind,
            $name,
            $begin,
            $end,
            $nameAt,
            $this->textOf($begin, $end),
            $this->prologueText(),
            $this->file,
            $this->tokens[$begin]->line,
        );
        $tokens = array_slice($this->tokens, $begin, $end - $begin + 1);
        $this->eachName($tokens, $this->inNamespace, $this->scope, function ($token, $keys) use ($declaration) {
            $declaration->mentions += array_fill_keys($keys, true);
        });
        unset($declaration->mentions[$declaration->key()]);
        $this->declared[$declaration->key()] = $declaration;
    }

    /** What gets a new name: what is there and is declared otherwise, and what mentions that. */
    private function decide(): void
    {
        $all = $this->declared + self::$known;
        foreach ($this->declared as $key => $each) {
            $known = self::$known[$key] ?? null;
            $same = $known !== null && $known->source === $each->source
                && $known->prologue === $each->prologue;
            if ($known !== null ? self::exists($known) && !$same : self::isOurs($each)) {
                $this->renamed[$key] = self::newName($each);
            }
        }
        do {
            $before = count($this->renamed);
            foreach ($all as $key => $each) {
                $stale = array_intersect_key($each->mentions, $this->renamed);
                $exists = isset(self::$known[$key]) && self::exists(self::$known[$key]);
                if ($stale && $exists && !isset($this->renamed[$key])) {
                    $this->renamed[$key] = self::newName($each);
                }
            }
        } while (count($this->renamed) > $before);
        $this->dependents = array_diff_key(array_intersect_key(self::$known, $this->renamed), $this->declared);
    }

    private static function exists(Declaration $declaration): bool
    {
        return self::isThere($declaration->kind, $declaration->current);
    }

    private static function isThere(string $kind, string $name): bool
    {
        return match ($kind) {
            'function' => function_exists($name),
            'const' => defined($name),
            'class' => class_exists($name, false) || interface_exists($name, false) || trait_exists($name, false),
        };
    }

    /** Whether it has the name of something of the agent's, like display(). */
    private static function isOurs(Declaration $each): bool
    {
        return $each->kind === 'function' && function_exists($each->name)
            && str_starts_with((string) (new \ReflectionFunction($each->name))->getFileName(), __DIR__);
    }

    private static function newName(Declaration $each): string
    {
        for ($number = 2; self::isThere($each->kind, "{$each->name}·$number"); $number++) {
        }
        return "{$each->name}·$number";
    }

    private function declaredName(Declaration $each, string $name): string
    {
        return substr($name, (int) strrpos("\\$name", '\\'));
    }

    /** Use the current names, but where something is declared. */
    private function rename(array $tokens, string $namespace, array $scope, array $skipped): void
    {
        $this->eachName($tokens, $namespace, $scope, function ($token, $keys) use ($skipped) {
            if (isset($skipped[$token->pos])) {
                return;
            }
            foreach ($keys as $key) {
                $current = $this->renamed[$key] ?? (self::$known[$key] ?? null)?->current;
                $name = isset($this->declared[$key]) ? $this->declared[$key]->name : self::$known[$key]?->name ?? null;
                if ($current === null) {
                    continue;
                }
                if ($current !== $name) {
                    $quote = $token->id === T_CONSTANT_ENCAPSED_STRING ? $token->text[0] : null;
                    $token->text = $quote ? $quote . $current . substr($token->text, strlen($name) + 1) : "\\$current";
                }
                return;
            }
        });
    }

    /** @return array<int, true> positions of the names of declarations */
    private function nameTokens(): array
    {
        $positions = [];
        foreach ($this->declared as $each) {
            $positions[$this->tokens[$each->nameAt]->pos] = true;
        }
        return $positions;
    }

    /**
     * Call $visit for each token that may name a function, class or constant, with the keys of
     * what it may mean.
     */
    private function eachName(array $tokens, string $namespace, array $scope, \Closure $visit): void
    {
        $tokens = array_values(array_filter($tokens, fn ($token) => !$token->isIgnorable()));
        $calls = []; // the names before the open parentheses
        foreach ($tokens as $i => $token) {
            $before = $tokens[$i - 1] ?? null;
            $after = $tokens[$i + 1] ?? null;
            if ($token->text === '(') {
                $calls[] = strtolower(ltrim($before->text ?? '', '\\'));
            } elseif ($token->text === ')') {
                array_pop($calls);
            } elseif ($token->id === T_CONSTANT_ENCAPSED_STRING) {
                $whole = in_array($before?->text, ['(', ','], true) && in_array($after?->text, [')', ','], true);
                if ($whole && in_array(end($calls), self::TAKE_NAMES, true)) {
                    $name = preg_replace('/::.*/', '', substr($token->text, 1, -1));
                    $visit($token, array_map(fn ($kind) => self::key($kind, $name), ['function', 'class', 'const']));
                }
            } elseif ($token->is([T_STRING, T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED]) && !self::isMember($before, $token, $after)) {
                $kinds = self::kindsOf($before, $after);
                $visit($token, self::resolve($token, $kinds, $namespace, $scope));
            }
        }
    }

    private static function isMember(?\PhpToken $before, \PhpToken $token, ?\PhpToken $after): bool
    {
        if ($before?->is([T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR, T_DOUBLE_COLON, T_FUNCTION,
            T_CONST, T_CLASS, T_INTERFACE, T_TRAIT, T_ENUM, T_GOTO, T_NAMESPACE, T_AS])) {
            return true;
        }
        return $after?->text === ':' && in_array($before?->text, ['(', ','], true); // a named argument
    }

    /** @return list<string> */
    private static function kindsOf(?\PhpToken $before, ?\PhpToken $after): array
    {
        if ($before?->is([T_NEW, T_EXTENDS, T_IMPLEMENTS, T_INSTANCEOF, T_ATTRIBUTE]) || $after?->is([T_DOUBLE_COLON, T_VARIABLE])) {
            return ['class'];
        }
        return $after?->text === '(' ? ['function', 'class'] : ['class', 'const'];
    }

    /** @return list<string> keys */
    private static function resolve(\PhpToken $token, array $kinds, string $namespace, array $scope): array
    {
        $keys = [];
        foreach ($kinds as $kind) {
            if ($token->id === T_NAME_FULLY_QUALIFIED) {
                $keys[] = self::key($kind, $token->text);
                continue;
            }
            [$first, $rest] = [...explode('\\', $token->text, 2), ''];
            $import = $scope[self::key($rest === '' ? $kind : 'class', $first)] ?? null;
            if ($import !== null && preg_match('/^use (?:function |const )?(\S+?)(?: as \S+)?;$/', $import, $match)) {
                $keys[] = self::key($kind, $match[1] . ($rest === '' ? '' : "\\$rest"));
                continue;
            }
            $keys[] = self::key($kind, ltrim("$namespace\\{$token->text}", '\\'));
            if ($kind !== 'class' && $namespace !== '') {
                $keys[] = self::key($kind, $token->text);
            }
        }
        return $keys;
    }

    /** use A\B, C as D; use function A\{f, g}; each as a statement of its own. */
    private function addImports(string $statement): void
    {
        if (!preg_match('/^use\s+(?:(function|const)\s+)?([^(]+);$/is', $statement, $match)) {
            return;
        }
        $kind = strtolower($match[1]) ?: 'class';
        $prefix = '';
        if (preg_match('/^(.*?)\{(.*)\}$/s', trim($match[2]), $group)) {
            [, $prefix, $match[2]] = $group;
        }
        foreach (array_filter(array_map(trim(...), explode(',', $match[2]))) as $item) {
            [$name, $alias] = [...preg_split('/\s+as\s+/i', $item), null];
            $alias ??= substr($name, (int) strrpos("\\$name", '\\'));
            $key = self::key($kind, $alias);
            $word = $kind === 'class' ? '' : "$kind ";
            $name = ltrim(trim($prefix) . $name, '\\');
            $this->own[$key] = $this->scope[$key] = "use $word$name as $alias;";
        }
    }

    private function prologueText(): string
    {
        return ($this->isStrict ? 'declare(strict_types=1);' : '')
            . ($this->inNamespace === '' ? '' : "namespace {$this->inNamespace};")
            . implode('', $this->scope);
    }

    private function hasOwnNamespace(): bool
    {
        foreach ($this->tokens as $token) {
            if ($token->id === T_NAMESPACE) {
                return true;
            }
        }
        return false;
    }

    private function erase(Declaration $each): void
    {
        for ($i = $each->start; $i <= $each->end; $i++) {
            $this->tokens[$i]->text = str_repeat("\n", substr_count($this->tokens[$i]->text, "\n"));
        }
        $this->tokens[$each->end]->text .= ';';
    }

    /** Include a declaration again, under its new name, at the lines where it was. */
    private function compileAnew(Declaration $each): void
    {
        $opening = '<?php ' . $each->prologue . str_repeat("\n", $each->line - 1);
        $tokens = \PhpToken::tokenize($opening . $each->source);
        $skipped = [];
        $isName = false;
        foreach ($tokens as $token) {
            if ($token->pos < strlen($opening) || $token->isIgnorable()) {
                continue;
            }
            if ($isName && $token->text !== '&') {
                $skipped[$token->pos] = true;
                $token->text = $this->declaredName($each, $each->current);
                break;
            }
            $isName = $isName || $token->is([T_FUNCTION, T_CLASS, T_INTERFACE, T_TRAIT, T_ENUM, T_CONST]);
        }
        preg_match('/namespace ([^;]+);/', $each->prologue, $namespace);
        preg_match_all('/use (?:(function|const) )?\S+ as (\S+);/', $each->prologue, $imports, PREG_SET_ORDER);
        $scope = [];
        foreach ($imports as $import) {
            $scope[self::key($import[1] ?: 'class', $import[2])] = $import[0];
        }
        $body = array_filter($tokens, fn ($token) => $token->pos >= strlen($opening));
        $this->rename($body, $namespace[1] ?? '', $scope, $skipped);
        file_put_contents($each->file, $opening . implode('', array_column($body, 'text')));
        (static fn ($file) => include $file)($each->file);
    }

    /** @param array<string, Declaration> $declarations those that others mention come first */
    private function inOrder(array $declarations): array
    {
        $ordered = [];
        $visit = function (string $key) use (&$visit, &$ordered, &$declarations) {
            if (!isset($declarations[$key])) {
                return;
            }
            $each = $declarations[$key];
            unset($declarations[$key]);
            array_map($visit, array_keys($each->mentions));
            $ordered[$key] = $each;
        };
        array_map($visit, array_keys($declarations));
        return $ordered;
    }

    /** A class that is only compiled anew keeps the values of its static properties. */
    private static function copyStatics(string $from, string $to): void
    {
        foreach ((new \ReflectionClass($from))->getStaticProperties() as $name => $value) {
            try {
                (new \ReflectionClass($to))->setStaticPropertyValue($name, $value);
            } catch (\Throwable) { // Read-only, inherited, or of a type that is a new one now.
                continue;
            }
        }
    }

    private function textOf(int $start, int $end): string
    {
        return implode('', array_column(array_slice($this->tokens, $start, $end - $start + 1), 'text'));
    }

    /** The token that ends what begins here: a semicolon, or the brace that closes the first one. */
    private function endOf(int $start, string $end): int
    {
        $depth = 0;
        for ($i = $start; $i < count($this->tokens); $i++) {
            $token = $this->tokens[$i];
            if ($token->is(['{', T_CURLY_OPEN, T_DOLLAR_OPEN_CURLY_BRACES])) {
                $depth++;
            } elseif ($token->text === '}') {
                $depth--;
            }
            if ($depth === 0 && ($token->text === $end || ($end === ';' && $token->id === T_CLOSE_TAG))) {
                return $i;
            }
        }
        return count($this->tokens) - 1;
    }

    private function following(int $i): ?int
    {
        for ($i++; $i < count($this->tokens); $i++) {
            if (!$this->tokens[$i]->isIgnorable()) {
                return $i;
            }
        }
        return null;
    }

    private function preceding(int $i): ?int
    {
        for ($i--; $i >= 0; $i--) {
            if (!$this->tokens[$i]->isIgnorable()) {
                return $i;
            }
        }
        return null;
    }
}
