import { lamError } from '../../errors/index.ts';

/** Limits of a document that is fetched: time (ms) and size (bytes). */
const LIMIT_MS = 5000;
const MOST_BYTES = 512 * 1024;

/** Fetches a JSON object. Follows no redirect. Rejects with `LAM_ACCESS_KEYS_UNAVAILABLE`. */
export async function fetchJson(url: string): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(LIMIT_MS),
  }).catch((error: unknown) => {
    throw lamError('LAM_ACCESS_KEYS_UNAVAILABLE', { why: `${url}: ${causeOf(error)}` }, error);
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw lamError('LAM_ACCESS_KEYS_UNAVAILABLE', { why: `${url}: status ${response.status}` });
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MOST_BYTES)
      throw lamError('LAM_ACCESS_KEYS_UNAVAILABLE', { why: `${url}: more than ${MOST_BYTES} bytes` });
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw lamError('LAM_ACCESS_KEYS_UNAVAILABLE', { why: `${url}: the answer is not JSON` });
  }
  if (typeof value !== 'object' || value === null)
    throw lamError('LAM_ACCESS_KEYS_UNAVAILABLE', { why: `${url}: the answer is no JSON object` });
  return value as Readonly<Record<string, unknown>>;
}

/** The reason that `fetch` hides behind `fetch failed`. */
function causeOf(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = cause as { readonly code?: string; readonly message?: string } | undefined;
  return inner?.code ?? inner?.message ?? message;
}
