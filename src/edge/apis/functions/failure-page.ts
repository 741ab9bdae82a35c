import { createHash } from 'node:crypto';
import type { FunctionName } from '../../../contract/index.ts';
import { printable } from '../../../errors/index.ts';
import type { HeaderPairs } from '../../../http/index.ts';
import type { InvokeAnswer } from '../../../router/index.ts';
import { isLoopbackHost, type Door } from '../../guard.ts';
import { headerValue, type RequestHead } from '../../request.ts';

/** Longest error document that is parsed, and most characters shown of a text. */
const LIMITS = { document: 1024 * 1024, message: 4 * 1024, stack: 32 * 1024 } as const;

/** Headers of proxies: behind one, the caller may be anywhere. */
const PROXIED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;
// oxlint-disable-next-line no-control-regex -- the escape sequences of colours
const COLOURS = /\u001b\[[0-9;]*m/g;

const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1f2328; --dim: #59636e; --box: #f6f8fa; --line: #d1d9e0; --bad: #c4233a }
@media (prefers-color-scheme: dark) {
  :root { --back: #0d1117; --text: #e6edf3; --dim: #9198a1; --box: #151b23; --line: #3d444d; --bad: #ff7b72 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 64rem; margin: 0 auto; padding: 2.5rem 1.5rem; border-top: 4px solid var(--bad) }
h1 { margin: 0; font-size: 1.6rem; color: var(--bad); overflow-wrap: anywhere }
h2 { margin: 2rem 0 .5rem; font-size: .95rem; color: var(--dim) }
p { margin: .25rem 0 }
.message { font-size: 1.1rem; white-space: pre-wrap; overflow-wrap: anywhere }
.dim { color: var(--dim) }
pre, code { font: 13px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
pre { margin: 0; padding: .9rem 1rem; overflow-x: auto; background: var(--box); border: 1px solid var(--line); border-radius: 6px; tab-size: 4 }
footer { margin-top: 2.5rem; font-size: .85rem; color: var(--dim) }
@media (max-width: 40rem) { main { padding: 1.5rem 1rem } h1 { font-size: 1.3rem } pre { font-size: 12px } }
`;

/** What the page tells about a failed request. */
export interface FailedRequest {
  readonly functionName: FunctionName;
  readonly answer: InvokeAnswer;
  readonly errorType: string;
  /** Why the function's answer is no HTTP response; undefined if the function itself failed. */
  readonly detail: string | undefined;
}

/**
 * Whether a failure of this request may be shown in full: someone at a browser on this machine opened the address. Never
 * on a listener that others reach, nor through a proxy.
 */
export function wantsPage(door: Door, { headers, socket }: RequestHead): boolean {
  const accept = headerValue(headers, 'accept');
  if (accept === undefined || !accept.includes('text/html') || door.kind !== 'port' || door.open) return false;
  const destination = headers['sec-fetch-dest'];
  return (
    (destination === undefined || destination === 'document') &&
    LOOPBACK.test(socket.remoteAddress ?? '') &&
    isLoopbackHost(headerValue(headers, 'host') ?? '') &&
    PROXIED.every((name) => headers[name] === undefined)
  );
}

/** The page of a failed request as headers and body; it runs no script and loads nothing. */
export function failurePage(failed: FailedRequest): { readonly headers: HeaderPairs; readonly body: Uint8Array } {
  const style = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  const headers = [
    ...['content-type', 'text/html; charset=utf-8', 'content-security-policy', policy],
    ...['cache-control', 'no-store', 'x-content-type-options', 'nosniff', 'referrer-policy', 'no-referrer'],
  ];
  return { headers, body: Buffer.from(htmlOf(failed)) };
}

function htmlOf({ functionName, answer, errorType, detail }: FailedRequest): string {
  const { requestId, version, payload, tail = '' } = answer;
  const { message, stack } = detail === undefined ? told(payload) : { message: detail, stack: '' };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safe(functionName)}: ${safe(errorType)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="dim">502: function ${safe(functionName)}, version ${version}</p>
<h1>${safe(errorType)}</h1>
<p class="message">${safe(message)}</p>
${section('Stack', stack)}${section('End of the log of this request', tail)}${section('Its whole log', `lam logs ${functionName} --request-id ${requestId}`)}<footer>Request ${safe(requestId)}. Only browsers on this machine are shown this page; other clients are answered &ldquo;Internal Server Error&rdquo;.</footer>
</main>
</body>
</html>
`;
}

function section(title: string, text: string): string {
  return text.trim() === '' ? '' : `<h2>${title}</h2>\n<pre>${safe(text.trimEnd())}</pre>\n`;
}

/** Message and stack of an error document, which may have any form. */
function told(payload: Uint8Array): { readonly message: string; readonly stack: string } {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const document = bytes.length > LIMITS.document ? undefined : parse(bytes.toString());
  if (document === undefined) return { message: bytes.toString('utf8', 0, LIMITS.message), stack: '' };
  const { errorMessage, trace, stackTrace } = document;
  const lines = [trace, stackTrace].find(Array.isArray) ?? [];
  const stack = lines.map((line) => (typeof line === 'string' ? line.trimEnd() : JSON.stringify(line))).join('\n');
  return {
    message: typeof errorMessage === 'string' ? errorMessage.slice(0, LIMITS.message) : '',
    stack: stack.slice(0, LIMITS.stack),
  };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Text as HTML; without colours and control characters. */
function safe(text: string): string {
  return printable(text.replaceAll(COLOURS, ''))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
