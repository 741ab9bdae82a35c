<?php

declare(strict_types=1);

/*
 * Starts lam's PHP bootstrap: `php main.php`, PHP 8.1 or newer. All names are in the namespace LamBootstrap. Files that
 * few functions need are loaded when they are needed.
 */

namespace LamBootstrap;

foreach (['channel', 'output', 'handler', 'bootstrap'] as $part) {
    require __DIR__ . "/$part.php";
}
unset($part);

$address = getenv('LAM_SOCKET');
$token = getenv('LAM_TOKEN');
$calls = getenv('LAM_CALLS_SOCKET');
foreach (array_keys(getenv()) as $name) {
    if (str_starts_with($name, 'LAM_')) {
        set_variable($name, null);
    }
}
if ($address === false || $token === false) {
    fwrite(STDERR, "lam bootstrap: LAM_SOCKET and LAM_TOKEN are not set; the daemon starts this program\n");
    exit(1);
}
// Before it dials, so that the daemon's connection is of this process alone.
if ($calls !== false) {
    require __DIR__ . '/calls.php';
    carry_calls($calls);
}
Bootstrap::$current = new Bootstrap(new Channel($address));
unset($address, $calls, $name);
Bootstrap::$current->start($token);
unset($token);

// The function's file is loaded in the global scope, so that its variables are global as in a program of its own.
while (($lamHandlerFile = Bootstrap::$current->next()) !== null) {
    try {
        require_once $lamHandlerFile;
        Bootstrap::$current->onLoaded();
    } catch (\Throwable $lamError) {
        Bootstrap::$current->failInit($lamError);
    }
    unset($lamHandlerFile);
}
