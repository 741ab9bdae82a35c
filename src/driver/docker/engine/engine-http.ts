import { request } from 'node:http';

/** A response of the engine: its status, and its body, parsed if JSON. */
export interface EngineAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Sends one GET over the engine's socket with `node:http`, to avoid loading dockerode. Rejects with the system's error,
 * or `ETIMEDOUT` after `limitMs`. Sends no API version, so that the engine uses its own.
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

/** A member of a response body, of any type; undefined where there is none. */
export function member(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
}
