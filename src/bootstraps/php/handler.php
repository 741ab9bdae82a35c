<?php

declare(strict_types=1);

namespace LamBootstrap;

/** An error that the bootstrap itself reports, with one of AWS's `Runtime.*` types. */
final class Fault extends \Exception
{
    /** @param list<string> $trace */
    public function __construct(public readonly string $type, string $message, public readonly array $trace = [])
    {
        parent::__construct($message);
    }
}

/** A handler `dir/file.function`. */
final class HandlerName
{
    public readonly string $file;
    public readonly string $function;

    public function __construct(public readonly string $taskRoot, string $handler)
    {
        $slash = strrpos($handler, '/');
        $dot = strpos($handler, '.', $slash === false ? 0 : $slash);
        if ($dot === false || in_array('..', explode('/', $handler), true)) {
            throw new Fault('Runtime.MalformedHandlerName', "Bad handler '$handler': must read 'file.function'");
        }
        $this->file = substr($handler, 0, $dot);
        $this->function = substr($handler, $dot + 1);
    }

    /** Returns the absolute path of the file. */
    public function path(): string
    {
        $path = "$this->taskRoot/$this->file.php";
        if (is_file($path)) {
            return $path;
        }
        $there = array_diff(@scandir(dirname($path)) ?: ['no such folder'], ['.', '..']);
        throw new Fault('Runtime.ImportModuleError', "Unable to load file '$this->file.php'", [
            'looked for: ' . basename($path),
            'in its folder: ' . implode(', ', array_slice($there, 0, 20)),
        ]);
    }

    /** Returns the function, once its file is loaded: one with this name, or a static method `Class::method`. */
    public function callable(): callable
    {
        if (is_callable($this->function)) {
            return $this->function;
        }
        $own = array_filter(
            get_defined_functions()['user'],
            fn (string $name) => (new \ReflectionFunction($name))->getFileName() === realpath($this->path()),
        );
        $names = $own === [] ? 'no functions' : implode(', ', array_slice($own, 0, 20));
        throw new Fault(
            'Runtime.HandlerNotFound',
            "Function '$this->function' is not defined by '$this->file.php'",
            ["$this->file.php defines $names"],
        );
    }
}

/** The second argument of a handler. */
final class Context
{
    public readonly string $functionName;
    public readonly string $functionVersion;
    public readonly string $invokedFunctionArn;
    /** MiB */
    public readonly string $memoryLimitInMB;
    public readonly string $awsRequestId;
    public readonly string $logGroupName;
    public readonly string $logStreamName;
    public readonly string $xRayTraceId;
    /** What the caller sent as its client context. */
    public readonly ?array $clientContext;
    private readonly float $deadlineMs;

    public function __construct(array $init, array $invocation)
    {
        $this->functionName = $init['functionName'];
        $this->functionVersion = (string) $init['version'];
        $this->memoryLimitInMB = (string) $init['memoryMiB'];
        $this->logGroupName = $init['logGroup'];
        $this->logStreamName = $init['logStream'];
        $this->awsRequestId = $invocation['requestId'];
        $this->invokedFunctionArn = $invocation['functionArn'];
        $this->xRayTraceId = $invocation['traceId'];
        $clientContext = $invocation['clientContext'] ?? null;
        $this->clientContext = $clientContext === null ? null : json_decode($clientContext, true);
        // Counted from the start of the handler, because the invocation may have been sent ahead.
        $this->deadlineMs = microtime(true) * 1000 + $init['timeoutMs'];
    }

    public function getRemainingTimeInMillis(): int
    {
        return max(0, (int) ($this->deadlineMs - microtime(true) * 1000));
    }
}
