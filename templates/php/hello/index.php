<?php

declare(strict_types=1);

function handler(array $event): array
{
    // `lam invoke -d '{"name":"Ada"}'` passes the name itself; over HTTP the event describes the request: /{{name}}?name=Ada
    $name = $event['name'] ?? $event['queryStringParameters']['name'] ?? 'world';
    echo "greeting $name\n";
    return ['message' => "Hello $name!"];
}
