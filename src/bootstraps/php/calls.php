<?php

declare(strict_types=1);

namespace LamBootstrap;

/** Where SDKs find lam in a container; CALLS of the daemon. */
const CALLS_ADDRESS = 'tcp://127.0.0.1:9011';
/** Connections at a time; MOST_CALL_CONNECTIONS of the daemon. */
const MOST_CALLS = 64;
/** Bytes of a connection that wait for its other end; beyond them nothing more is read. */
const MOST_WAITING = 262_144;

/**
 * Carries calls of other functions out of a container, whose own network reaches nothing of lam, to the daemon's socket
 * at `$path`: in a process of its own, because PHP waits for each answer. Not where PHP cannot fork.
 */
function carry_calls(string $path): void
{
    $server = \function_exists('pcntl_fork') ? @stream_socket_server(CALLS_ADDRESS) : false;
    if ($server === false) {
        return;
    }
    $between = pcntl_fork();
    if ($between === 0) {
        // The process that stays is no child of the function, which may wait for its own children.
        if (pcntl_fork() === 0) {
            (new Calls($server, $path))->run();
        }
        exit(0);
    }
    if ($between > 0) {
        pcntl_waitpid($between, $status);
    }
    fclose($server);
}

/** The connections that are carried; each has two ends. */
final class Calls
{
    /** @var array<int, resource> */
    private array $ends = [];
    /** @var array<int, int> The other end of each. */
    private array $others = [];
    /** @var array<int, string> What waits to be written to each. */
    private array $waiting = [];
    /** @var array<int, true> Ends whose input has ended. */
    private array $ended = [];

    /** @param resource $server */
    public function __construct(private $server, private readonly string $path)
    {
    }

    public function run(): never
    {
        while (true) {
            $read = [$this->server];
            $write = [];
            foreach ($this->ends as $id => $end) {
                if (!isset($this->ended[$id]) && \strlen($this->waiting[$this->others[$id]]) < MOST_WAITING) {
                    $read[] = $end;
                }
                if ($this->waiting[$id] !== '') {
                    $write[] = $end;
                }
            }
            $none = null;
            if (@stream_select($read, $write, $none, null) === false) {
                continue;
            }
            foreach ($write as $end) {
                $this->write(get_resource_id($end));
            }
            foreach ($read as $end) {
                $end === $this->server ? $this->accept() : $this->read(get_resource_id($end));
            }
        }
    }

    private function accept(): void
    {
        $client = @stream_socket_accept($this->server, 0);
        if ($client === false) {
            return;
        }
        $daemon = \count($this->ends) < 2 * MOST_CALLS ? @stream_socket_client("unix://$this->path") : false;
        if ($daemon === false) {
            fclose($client);
            return;
        }
        foreach ([[$client, $daemon], [$daemon, $client]] as [$end, $other]) {
            stream_set_blocking($end, false);
            $id = get_resource_id($end);
            $this->ends[$id] = $end;
            $this->others[$id] = get_resource_id($other);
            $this->waiting[$id] = '';
        }
    }

    private function read(int $id): void
    {
        if (!isset($this->ends[$id])) {
            return;
        }
        $bytes = @fread($this->ends[$id], 65_536);
        $other = $this->others[$id];
        if ($bytes !== false && $bytes !== '') {
            $this->waiting[$other] .= $bytes;
            $this->write($other);
        } elseif (feof($this->ends[$id])) {
            $this->ended[$id] = true;
            $this->finish($id);
        }
    }

    private function write(int $id): void
    {
        if (!isset($this->ends[$id]) || $this->waiting[$id] === '') {
            return;
        }
        $count = @fwrite($this->ends[$id], $this->waiting[$id]);
        if ($count === false) {
            $this->close($id);
            return;
        }
        $this->waiting[$id] = substr($this->waiting[$id], $count);
        if ($this->waiting[$id] === '' && isset($this->ended[$this->others[$id]])) {
            $this->finish($this->others[$id]);
        }
    }

    /** Passes on the end of what came from `$id`, once all of it is written; closes both ends after both ended. */
    private function finish(int $id): void
    {
        $other = $this->others[$id];
        if ($this->waiting[$other] !== '') {
            return;
        }
        if (!isset($this->ended[$other])) {
            @stream_socket_shutdown($this->ends[$other], STREAM_SHUT_WR);
        } elseif ($this->waiting[$id] === '') {
            $this->close($id);
        }
    }

    private function close(int $id): void
    {
        foreach ([$id, $this->others[$id]] as $each) {
            fclose($this->ends[$each]);
            unset($this->ends[$each], $this->others[$each], $this->waiting[$each], $this->ended[$each]);
        }
    }
}
