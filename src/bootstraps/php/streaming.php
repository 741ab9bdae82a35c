<?php

declare(strict_types=1);

namespace LamBootstrap;

/** One streamed answer: what a handler that is a generator yields. Sends as far as the daemon's credit goes. */
final class Stream
{
    /** As STREAM_WINDOW_BYTES and STREAM_PIECE_BYTES of the daemon. */
    private const WINDOW = 256 * 1024;
    private const PIECE = 32 * 1024;
    /** As HTTP_STREAM and HTTP_STREAM_NULS of the daemon; what a stream is without a head. */
    private const HTTP_TYPE = 'application/vnd.awslambda.http-integration-response';
    private const HEAD_END = "\0\0\0\0\0\0\0\0";
    private const PLAIN_TYPE = 'application/octet-stream';

    private int $credit = self::WINDOW;
    private bool $hasBegun = false;
    private bool $isCancelled = false;

    public function __construct(private readonly Channel $channel, private readonly int $request)
    {
    }

    /** Sends all that is yielded, until nobody reads any more; the generator is then destroyed, and its `finally` runs. */
    public function sendAll(\Generator $items): void
    {
        foreach ($items as $item) {
            $data = $this->bytesOf($item);
            $this->steer(false);
            while ($data !== '' && !$this->isCancelled) {
                $count = min(strlen($data), self::PIECE, $this->credit);
                if ($count > 0) {
                    $this->credit -= $count;
                    $this->channel->send(Frame::Chunk, $this->request, '', substr($data, 0, $count));
                    $data = substr($data, $count);
                }
                $this->steer($this->credit <= 0 && $data !== '');
            }
            if ($this->isCancelled) {
                break;
            }
        }
        $this->begin(self::PLAIN_TYPE);
    }

    /** Takes what the daemon says about this stream; `$waits`: until it says something. */
    private function steer(bool $waits): void
    {
        while (($frame = $this->channel->nextAbout($this->request, $waits)) !== null) {
            if ($frame->type === Frame::Cancel) {
                $this->isCancelled = true;
            } else {
                $this->credit += (int) $frame->meta;
            }
            $waits = false;
        }
    }

    /** The bytes of a yielded item; the first may be the head of an HTTP response, an array. */
    private function bytesOf(mixed $item): string
    {
        if (is_array($item) && !$this->hasBegun) {
            $head = to_json(with_header_objects($item)) . self::HEAD_END;
            $this->begin(self::HTTP_TYPE);
            return $head;
        }
        if (!is_string($item)) {
            $kind = get_debug_type($item);
            throw new Fault(
                'Runtime.MarshalError',
                "Unable to marshal response: a streaming handler yields strings, not $kind",
            );
        }
        $this->begin(self::PLAIN_TYPE);
        return $item;
    }

    /** Sends the head, once. */
    private function begin(string $contentType): void
    {
        if (!$this->hasBegun) {
            $this->hasBegun = true;
            $this->channel->send(Frame::Stream, $this->request, to_json(['contentType' => $contentType]));
        }
    }
}
