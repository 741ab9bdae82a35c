<?php

declare(strict_types=1);

namespace LamBootstrap;

/** Error documents. */
final class Faults
{
    /** Most bytes of an error message; a longer document would exceed the payload limit. */
    private const MESSAGE_LIMIT = 256 * 1024;
    private const MOST_FRAMES = 100;

    /** @return array{errorType: string, errorMessage: string, stackTrace: list<string>} */
    public static function document(\Throwable $error): array
    {
        [$type, $trace] = match (true) {
            $error instanceof Fault => [$error->type, $error->trace],
            $error instanceof \ParseError => ['Runtime.UserCodeSyntaxError', self::frames($error)],
            default => [$error::class, self::frames($error)],
        };
        return self::documentOf($type, $error->getMessage(), $trace);
    }

    /** The document of an error that ends PHP, as `error_get_last` returns it. */
    public static function fatal(array $error): array
    {
        $place = self::relative($error['file']) . ':' . $error['line'];
        return self::documentOf('Runtime.FatalError', strtok($error['message'], "\n") ?: '', [$place]);
    }

    /** Formats a document for the log, with what caused the error. */
    public static function describe(array $document, ?\Throwable $cause): string
    {
        $lines = ["[ERROR] {$document['errorType']}: {$document['errorMessage']}"];
        foreach ($document['stackTrace'] as $frame) {
            $lines[] = "  $frame";
        }
        return implode("\n", $lines) . ($cause === null
            ? ''
            : "\ncaused by " . self::describe(self::document($cause), $cause->getPrevious()));
    }

    /** @param list<string> $trace */
    private static function documentOf(string $type, string $message, array $trace): array
    {
        return [
            'errorType' => $type,
            'errorMessage' => substr(self::relative($message), 0, self::MESSAGE_LIMIT),
            'stackTrace' => $trace,
        ];
    }

    /** @return list<string> frames of the function's code, the innermost first */
    private static function frames(\Throwable $error): array
    {
        $places = [[$error->getFile(), $error->getLine()]];
        $lines = [];
        foreach ($error->getTrace() as $frame) {
            [$file, $line] = array_pop($places);
            $lines[] = [$file, $line, ($frame['class'] ?? '') . ($frame['type'] ?? '') . $frame['function']];
            $places[] = [$frame['file'] ?? '', $frame['line'] ?? 0];
        }
        $lines[] = [...$places[0], '{main}'];
        $own = array_filter($lines, fn (array $line) => $line[0] !== '' && !str_starts_with($line[0], __DIR__ . '/'));
        return array_map(
            fn (array $line) => self::relative($line[0]) . ":$line[1]" . self::within($line[2]),
            array_slice(array_values($own), 0, self::MOST_FRAMES),
        );
    }

    /** Names the function of a frame; files that are loaded have none. */
    private static function within(string $function): string
    {
        $isLoading = in_array($function, ['require', 'require_once', 'include', 'include_once', '{main}'], true);
        return $isLoading || str_starts_with($function, __NAMESPACE__) ? '' : " in $function";
    }

    /** Returns `$text` with paths in the function's folder relative to it. */
    private static function relative(string $text): string
    {
        $root = getenv('LAMBDA_TASK_ROOT');
        return $root === false || $root === '' ? $text : str_replace("$root/", '', $text);
    }
}
