<?php

declare(strict_types=1);

namespace LamBootstrap;

/** Most bytes of a result; LIMITS.payloadBytes of the daemon. */
const PAYLOAD_LIMIT = 6_291_556;
/** Most bytes of an error type in a frame's meta. */
const TYPE_LIMIT = 256;
/** Errors after which PHP runs nothing but shutdown functions. */
const FATAL = [E_ERROR, E_PARSE, E_CORE_ERROR, E_COMPILE_ERROR, E_RECOVERABLE_ERROR];

/** Throws \JsonException for what JSON cannot express. */
function to_json(mixed $value): string
{
    $flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;
    return json_encode($value, $flags | JSON_THROW_ON_ERROR);
}

/** An HTTP response whose empty headers are an object in JSON: an empty array of PHP is a list there. */
function with_header_objects(array $response): array
{
    foreach (['headers', 'multiValueHeaders'] as $name) {
        if (($response[$name] ?? null) === []) {
            $response[$name] = new \stdClass();
        }
    }
    return $response;
}

/** Runs one function, one invocation at a time. */
final class Bootstrap
{
    public static self $current;

    private readonly Output $output;
    private array $init = [];
    private ?HandlerName $name = null;
    /** @var callable|null */
    private $handler = null;
    private float $began = 0.0;

    public function __construct(private readonly Channel $channel)
    {
        $this->output = new Output($channel);
    }

    public function start(string $token): void
    {
        $this->output->install();
        $this->output->takePrinted();
        register_shutdown_function(fn () => $this->onShutdown());
        $hello = ['token' => $token, 'pid' => getmypid(), 'runtime' => 'php ' . PHP_VERSION];
        $this->channel->send(Frame::Hello, 0, to_json($hello));
    }

    /** Serves until a file must be loaded, which is then returned; null ends the process. */
    public function next(): ?string
    {
        while (true) {
            $frame = $this->channel->next();
            switch ($frame->type) {
                case Frame::Invoke:
                    $this->accept($frame);
                    break;
                case Frame::Init:
                    $path = $this->initialize(json_decode($frame->meta, true));
                    if ($path !== null) {
                        return $path;
                    }
                    break;
                case Frame::Shutdown:
                    return null;
                // An invocation that was recalled too late has run; a stream that ended needs no credit.
                case Frame::Recall:
                case Frame::Credit:
                case Frame::Cancel:
                case Frame::Cache:
                    break;
                default:
                    leave();
            }
        }
    }

    /** Finds the handler in the file that was loaded, and says that the function is ready. */
    public function onLoaded(): void
    {
        $this->handler = $this->name->callable();
        $this->output->release();
        $this->channel->send(Frame::Ready, 0, to_json(['durationMs' => $this->elapsedMs()]));
    }

    /** Prepares the process for a function; returns the path of its file. */
    private function initialize(array $init): ?string
    {
        $this->began = hrtime(true);
        $this->init = $init;
        foreach ($init['environment'] as $name => $value) {
            set_variable((string) $name, $value);
        }
        set_variable('LAMBDA_TASK_ROOT', $init['taskRoot']);
        set_variable('PWD', $init['taskRoot']);
        $zone = $init['environment']['TZ'] ?? '';
        if ($zone !== '') {
            @date_default_timezone_set(ltrim($zone, ':'));
        }
        chdir($init['taskRoot']);
        set_include_path($init['taskRoot'] . PATH_SEPARATOR . get_include_path());
        try {
            $this->name = new HandlerName($init['taskRoot'], $init['handler']);
            $path = $this->name->path();
            if (is_file("{$init['taskRoot']}/vendor/autoload.php")) {
                require_once "{$init['taskRoot']}/vendor/autoload.php";
            }
            return $path;
        } catch (\Throwable $error) {
            $this->failInit($error);
        }
    }

    /** Reports an error of loading, and ends the process. */
    public function failInit(\Throwable $error): never
    {
        $document = $this->document($error);
        $meta = to_json(['errorType' => substr($document['errorType'], 0, TYPE_LIMIT)]);
        $this->channel->send(Frame::InitError, 0, $meta, self::encoded($document));
        $this->name = null;
        exit(1);
    }

    private function accept(Received $frame): void
    {
        $invocation = json_decode($frame->meta, true);
        $this->output->request = $frame->request;
        $this->output->takePrinted();
        set_variable('_X_AMZN_TRACE_ID', $invocation['traceId']);
        $this->began = hrtime(true);
        try {
            $result = ($this->handler)($this->eventOf($frame->body), new Context($this->init, $invocation));
            $answer = $result instanceof \Generator ? $this->stream($frame->request, $result) : $this->answerOf($result);
            unset($result);
        } catch (\Throwable $error) {
            $this->fail($this->document($error));
            return;
        }
        $ranMs = $this->elapsedMs();
        $this->output->release();
        $this->output->request = 0;
        $this->channel->giveBack();
        if (strlen($answer) > PAYLOAD_LIMIT) {
            $meta = to_json(['ranMs' => $ranMs, 'tooLarge' => strlen($answer)]);
            $this->channel->send(Frame::Result, $frame->request, $meta);
        } else {
            $this->channel->send(Frame::Result, $frame->request, sprintf('%.3F', $ranMs), $answer);
        }
    }

    private function eventOf(string $body): mixed
    {
        try {
            return $body === '' ? [] : json_decode($body, true, 512, JSON_THROW_ON_ERROR);
        } catch (\JsonException $error) {
            throw new Fault('Runtime.UnmarshalError', "Unable to unmarshal input: {$error->getMessage()}");
        }
    }

    private function answerOf(mixed $result): string
    {
        try {
            $isResponse = is_array($result) && isset($result['statusCode']);
            return to_json($isResponse ? with_header_objects($result) : $result);
        } catch (\JsonException $error) {
            throw new Fault('Runtime.MarshalError', "Unable to marshal response: {$error->getMessage()}");
        }
    }

    private function stream(int $request, \Generator $items): string
    {
        require_once __DIR__ . '/streaming.php';
        (new Stream($this->channel, $request))->sendAll($items);
        return '';
    }

    /** Ends the running invocation with an error. */
    private function fail(array $document, bool $leaving = false): void
    {
        $request = $this->output->request;
        $this->output->request = 0;
        $meta = ['errorType' => substr($document['errorType'], 0, TYPE_LIMIT), 'ranMs' => $this->elapsedMs()];
        $this->channel->giveBack();
        $this->channel->send(
            Frame::Error,
            $request,
            to_json($leaving ? [...$meta, 'leaving' => true] : $meta),
            self::encoded($document),
        );
    }

    /** Writes an error to the log, behind the unfinished lines; returns its document. */
    private function document(\Throwable $error): array
    {
        require_once __DIR__ . '/faults.php';
        $document = Faults::document($error);
        $this->output->release();
        $this->output->record(Output::STDERR, Faults::describe($document, $error->getPrevious()));
        return $document;
    }

    /** Reports an error that ends PHP; it was printed as PHP prints it. */
    private function onShutdown(): void
    {
        if (!$this->channel->isOwn()) {
            return;
        }
        $error = error_get_last();
        $isFatal = $error !== null && in_array($error['type'], FATAL, true);
        $this->output->release();
        if (!$isFatal || $this->name === null) {
            return;
        }
        require_once __DIR__ . '/faults.php';
        $document = Faults::fatal($error);
        if ($this->output->request !== 0) {
            $this->fail($document, true);
        } elseif ($this->handler === null) {
            $meta = to_json(['errorType' => $document['errorType']]);
            $this->channel->send(Frame::InitError, 0, $meta, self::encoded($document));
        }
    }

    /** A document may hold text that is not UTF-8. */
    private static function encoded(array $document): string
    {
        return json_encode($document, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
    }

    private function elapsedMs(): float
    {
        return (hrtime(true) - $this->began) / 1e6;
    }
}
