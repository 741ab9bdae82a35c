<?php

declare(strict_types=1);

namespace LamBootstrap;

/** Types of the frames in docs/ARCHITECTURE.md. */
enum Frame: int
{
    case Init = 1;
    case Invoke = 2;
    case Shutdown = 3;
    case Recall = 4;
    case Cache = 5;
    case Credit = 6;
    case Cancel = 7;
    case Hello = 16;
    case Ready = 17;
    case InitError = 18;
    case Result = 19;
    case Error = 20;
    case Log = 21;
    case Unstarted = 22;
    case Stream = 24;
    case Chunk = 25;
}

/** A frame of the daemon. */
final class Received
{
    public function __construct(
        public readonly Frame $type,
        public readonly int $request,
        public readonly string $meta,
        public readonly string $body,
    ) {
    }
}

/** The connection to the daemon. */
final class Channel
{
    private const HEADER_BYTES = 11;
    /** Bytes of a header that its length counts. */
    private const FIXED_BYTES = 7;
    private const READ_BYTES = 1 << 18;
    /** Longest wait for a frame (s): there is no other way to wait for ever. */
    private const WAIT_S = 2_000_000_000;

    /** @var resource */
    private $socket;
    private string $received = '';
    private int $at = 0;
    private readonly int $owner;
    /** @var list<Received> read while an invocation ran. */
    private array $parked = [];

    public function __construct(string $address)
    {
        $remote = str_starts_with($address, '/') ? "unix://$address" : "tcp://$address";
        $socket = @stream_socket_client($remote, $_, $message, 10);
        if ($socket === false) {
            fwrite(STDERR, "lam bootstrap: $message\n");
            exit(1);
        }
        stream_set_timeout($socket, self::WAIT_S);
        stream_set_chunk_size($socket, self::READ_BYTES);
        $this->socket = $socket;
        $this->owner = getmypid();
    }

    /** Whether this process is the one that dialled, not a fork of it. */
    public function isOwn(): bool
    {
        return getmypid() === $this->owner;
    }

    public function send(Frame $type, int $request, string $meta = '', string $body = ''): void
    {
        $length = self::FIXED_BYTES + strlen($meta) + strlen($body);
        $this->write(pack('NCNn', $length, $type->value, $request, strlen($meta)) . $meta . $body);
    }

    public function log(int $request, int $stream, string $text): void
    {
        $length = self::FIXED_BYTES + 9 + strlen($text);
        $this->write(
            pack('NCNnCE', $length, Frame::Log->value, $request, 0, $stream, microtime(true) * 1000) . $text,
        );
    }

    /** Waits for the next frame. */
    public function next(): Received
    {
        $frame = array_shift($this->parked) ?? $this->take();
        while ($frame === null) {
            $this->read();
            $frame = $this->take();
        }
        return $frame;
    }

    /** Returns the next frame about the streamed answer of `$request`: waits for one, or returns null. */
    public function nextAbout(int $request, bool $waits): ?Received
    {
        while (true) {
            $frame = $this->take();
            if ($frame === null) {
                if (!$waits && !$this->hasArrived()) {
                    return null;
                }
                $this->read();
            } elseif ($frame->request === $request && in_array($frame->type, [Frame::Credit, Frame::Cancel], true)) {
                return $frame;
            } else {
                $this->parked[] = $frame;
            }
        }
    }

    /**
     * Returns the invocations that the daemon has recalled. Must be called before an answer is sent: after it the daemon
     * takes the next invocation for started.
     */
    public function giveBack(): void
    {
        while ($this->hasArrived()) {
            $this->read();
        }
        while (($frame = $this->take()) !== null) {
            $this->parked[] = $frame;
        }
        if ($this->parked === []) {
            return;
        }
        $of = fn (Frame $type): array => array_map(
            fn (Received $frame): int => $frame->request,
            array_filter($this->parked, fn (Received $frame): bool => $frame->type === $type),
        );
        $given = array_intersect($of(Frame::Invoke), $of(Frame::Recall));
        $this->parked = array_values(array_filter(
            $this->parked,
            fn (Received $frame): bool => $frame->type !== Frame::Recall && !in_array($frame->request, $given, true),
        ));
        foreach ($given as $request) {
            $this->send(Frame::Unstarted, $request);
        }
    }

    /** Whether bytes can be read without waiting. */
    private function hasArrived(): bool
    {
        $read = [$this->socket];
        $none = null;
        return @stream_select($read, $none, $none, 0) === 1;
    }

    private function take(): ?Received
    {
        if (strlen($this->received) - $this->at < self::HEADER_BYTES) {
            return null;
        }
        $header = unpack('Nlength/Ctype/Nrequest/nmeta', $this->received, $this->at);
        if (strlen($this->received) - $this->at < 4 + $header['length']) {
            return null;
        }
        $metaAt = $this->at + self::HEADER_BYTES;
        $bodyAt = $metaAt + $header['meta'];
        $end = $this->at + 4 + $header['length'];
        $meta = substr($this->received, $metaAt, $header['meta']);
        $body = substr($this->received, $bodyAt, $end - $bodyAt);
        $this->at = $end;
        $type = Frame::tryFrom($header['type']) ?? leave();
        return new Received($type, $header['request'], $meta, $body);
    }

    /** Reads once. Ends the process when the daemon has closed the connection. */
    private function read(): void
    {
        $data = fread($this->socket, self::READ_BYTES);
        if ($data === false || ($data === '' && feof($this->socket))) {
            leave();
        }
        if ($this->at > 0) {
            $this->received = substr($this->received, $this->at);
            $this->at = 0;
        }
        $this->received .= $data;
    }

    private function write(string $data): void
    {
        for ($at = 0; $at < strlen($data); $at += $written) {
            $written = @fwrite($this->socket, $at === 0 ? $data : substr($data, $at));
            if ($written === false || $written === 0) {
                leave();
            }
        }
    }
}

/** Kills this process without running any of the function's code: the daemon is gone. */
function leave(): never
{
    if (function_exists('posix_kill')) {
        posix_kill(getmypid(), 9);
    }
    exit(1);
}

/** Sets an environment variable wherever code may look for it; null removes it. */
function set_variable(string $name, ?string $value): void
{
    if ($value === null) {
        putenv($name);
        unset($_ENV[$name], $_SERVER[$name]);
        return;
    }
    putenv("$name=$value");
    $_ENV[$name] = $_SERVER[$name] = $value;
}
