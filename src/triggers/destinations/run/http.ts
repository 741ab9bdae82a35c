import type { DestinationOpener } from '../../destination.ts';
import type { HttpDestination } from '../http.ts';

/** Longest time to an answer (ms). */
const ANSWER_MS = 30_000;
/** How much of the answer to a refused record is shown (characters). */
const SHOWN = 200;
/** How much of it is read at most (bytes): it may be endless. */
const READ = 4096;

/**
 * Posts records. The id of a record is in `x-lam-request-id`, the same in all attempts. The trace header lets a daemon
 * that gets it count the functions of a loop.
 */
export const httpOpener: DestinationOpener<HttpDestination> = {
  open: ({ url, headers = {} }, context) =>
    Promise.resolve({
      async send({ id, traceId, body, signal }) {
        const given = Object.entries(headers).map(([name, value]): [string, string] => [name, context.value(value)]);
        let answer: Response;
        try {
          answer = await fetch(context.value(url), {
            method: 'POST',
            // A redirect would post the record, and the headers, to where nobody said.
            redirect: 'manual',
            headers: [
              ['content-type', 'application/json'],
              ['x-lam-request-id', id],
              ['x-amzn-trace-id', traceId],
              ...given,
            ],
            body: new Uint8Array(body),
            signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
          });
        } catch (error) {
          const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
          throw context.error(cause);
        }
        if (answer.ok) {
          await answer.body?.cancel();
          return;
        }
        const text = (await beginningOf(answer)).replaceAll(/\s+/g, ' ').slice(0, SHOWN);
        throw context.error(`it answered ${answer.status}${text === '' ? '' : `: ${text}`}`);
      },
      close: () => Promise.resolve(),
    }),
};

/** The first bytes of an answer as text; what comes after them is not read. */
async function beginningOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body ?? []) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= READ) break;
    }
  } catch {
    // What was read before the connection broke is shown.
  }
  return Buffer.concat(chunks).toString('utf8', 0, READ);
}
