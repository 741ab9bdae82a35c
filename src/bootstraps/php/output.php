<?php

declare(strict_types=1);

namespace LamBootstrap;

/** The standard streams of the function; attributes each record to the invocation that printed it. */
final class Output
{
    public const STDOUT = 1;
    public const STDERR = 2;
    private const FILTER = 'lam.log';
    /** Most bytes of one log record, as LIMITS.logRecordBytes of the daemon. */
    private const TEXT_LIMIT = 256 * 1024;
    /** Longer unfinished lines do not wait (bytes). */
    private const UNFINISHED_LIMIT = 65_536;

    /** The daemon's number of the running invocation; 0 outside of all. */
    public int $request = 0;
    /** @var array<int, string> unfinished lines, by stream. */
    private array $partial = [self::STDOUT => '', self::STDERR => ''];

    public function __construct(private readonly Channel $channel)
    {
    }

    /** Takes what is written to the constants STDOUT and STDERR. */
    public function install(): void
    {
        LogFilter::$output = $this;
        stream_filter_register(self::FILTER, LogFilter::class);
        stream_filter_append(STDOUT, self::FILTER, STREAM_FILTER_WRITE, self::STDOUT);
        stream_filter_append(STDERR, self::FILTER, STREAM_FILTER_WRITE, self::STDERR);
    }

    /** Takes what is printed, unless a buffer is open: a function may have ended that of lam. */
    public function takePrinted(): void
    {
        if (ob_get_level() > 0) {
            return;
        }
        ob_start(function (string $text, int $phase): string|false {
            if (!$this->channel->isOwn()) {
                return false;
            }
            $this->print(self::STDOUT, $text);
            if (($phase & PHP_OUTPUT_HANDLER_FINAL) !== 0) {
                $this->release();
            }
            return '';
        }, 1);
    }

    public function isOwn(): bool
    {
        return $this->channel->isOwn();
    }

    /** Text up to a line break becomes a record, the rest waits for its line break. */
    public function print(int $stream, string $text): void
    {
        $whole = $this->partial[$stream] . $text;
        $end = strrpos($whole, "\n");
        $this->partial[$stream] = $end === false ? $whole : substr($whole, $end + 1);
        if ($end !== false) {
            $this->record($stream, substr($whole, 0, $end));
        }
        if (strlen($this->partial[$stream]) > self::UNFINISHED_LIMIT) {
            $this->releaseStream($stream);
        }
    }

    /** Sends one record; splits text over the limit at line breaks and cuts a line that is longer. */
    public function record(int $stream, string $text): void
    {
        while (strlen($text) > self::TEXT_LIMIT) {
            $end = strrpos(substr($text, 0, self::TEXT_LIMIT), "\n");
            $this->channel->log($this->request, $stream, substr($text, 0, $end === false ? self::TEXT_LIMIT : $end));
            $following = $end === false ? strpos($text, "\n", self::TEXT_LIMIT) : $end;
            if ($following === false) {
                return;
            }
            $text = substr($text, $following + 1);
        }
        $this->channel->log($this->request, $stream, $text);
    }

    /** Sends the unfinished lines. */
    public function release(): void
    {
        $this->releaseStream(self::STDOUT);
        $this->releaseStream(self::STDERR);
    }

    private function releaseStream(int $stream): void
    {
        [$text, $this->partial[$stream]] = [$this->partial[$stream], ''];
        if ($text !== '') {
            $this->record($stream, $text);
        }
    }
}

/** Keeps what is written to a stream from its file descriptor, and passes it on. */
final class LogFilter extends \php_user_filter
{
    public static Output $output;

    public function filter($in, $out, &$consumed, bool $closing): int
    {
        $isOwn = self::$output->isOwn();
        while ($bucket = stream_bucket_make_writeable($in)) {
            $consumed += $bucket->datalen;
            if ($isOwn) {
                self::$output->print($this->params, $bucket->data);
            } else {
                stream_bucket_append($out, $bucket);
            }
        }
        return $isOwn ? PSFS_FEED_ME : PSFS_PASS_ON;
    }
}
