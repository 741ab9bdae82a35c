<?php

declare(strict_types=1);

require __DIR__ . '/index.php';

$tests = [
    'greets by name' => fn () => same(handler(['name' => 'Ada']), ['message' => 'Hello Ada!']),
    'greets by the name in the query of an HTTP request' => fn () => same(
        handler(['rawPath' => '/', 'queryStringParameters' => ['name' => 'Ada']]),
        ['message' => 'Hello Ada!'],
    ),
    'greets the world when nobody is named' => fn () => same(handler([]), ['message' => 'Hello world!']),
];

function same(mixed $actual, mixed $expected): void
{
    if ($actual !== $expected) {
        throw new RuntimeException('got ' . json_encode($actual) . ', expected ' . json_encode($expected));
    }
}

$failed = 0;
foreach ($tests as $title => $test) {
    try {
        $test();
        echo "ok: $title\n";
    } catch (Throwable $error) {
        $failed++;
        echo "not ok: $title: {$error->getMessage()}\n";
    }
}
exit($failed === 0 ? 0 : 1);
