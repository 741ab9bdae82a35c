import { request } from 'node:http';

/** An answer of the engine: its status, and its body parsed where it is JSON. */
export interface EngineAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * One GET over the engine's socket, by plain `node:http`, for what must be quick and come before dockerode is loaded.
 * Rejects with the system's error, or `ETIMEDOUT` after `limitMs`. Asks without an API version, so that the engine
 * answers with its own.
 */
export function engineGet(socketPath: string, path: string, limitMs: number): Promise<EngineAnswer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(limitMs);
    const failed = (error: Error): void => reject(signal.aborted ? Object.assign(error, { code: 'ETIMEDOUT' }) : error);
    const req = request(
      { socketPath, path, method: 'GET', agent: false, signal, headers: { Host: 'docker' } },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', failed);
        res.on('end', () =>
          resolve({ status: res.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString('utf8')) }),
        );
      },
    );
    req.on('error', failed);
    req.end();
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // `_ping` answers "OK".
    return text;
  }
}

/** A member of an answer's body, of whatever type; undefined where there is none. */
export function member(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
}
