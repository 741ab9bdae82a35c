import type { Files } from './zip.ts';

const inline = (code: string): Files => ({ 'index.js': `${code}\n` });

/** Answers, and prints nothing. */
export const HELLO = inline('exports.handler = async (event) => ({ message: `Hello ${event.name ?? "you"}!` });');

/** The same with one log line a call. */
export const LOGGING = inline(
  'exports.handler = async (event) => { console.log("called by", event.name); return { message: "Hello you!" }; };',
);

/** Returns its event. */
export const ECHO = inline('exports.handler = async (event) => event;');

/** Answers after `event.waitMs`. */
export const WAITING = inline(
  'exports.handler = (event) => new Promise((resolve) => setTimeout(() => resolve({ message: "Hello you!" }), event.waitMs));',
);

/** Returns its process id. */
export const PROCESS_ID = inline('exports.handler = async () => ({ pid: process.pid });');

/** Prints `event.lines` lines of 80 characters and, as the last, `event.end`. */
export const PRINTING = inline(
  'const text = "x".repeat(71); exports.handler = async (event) => { for (let i = 0; i < event.lines; i++) console.log(String(i).padStart(8, "0"), text); console.log(event.end); return {}; };',
);

/** HELLO with another digest, so that it shares no caches with other functions. */
export function hello(mark: string): Files {
  return { 'index.js': `${HELLO['index.js']}// ${mark}\n` };
}

/** Returns the tags of its two files and its environment: three times the same unless versions are mixed. */
export function tagged(tag: string): Files {
  return {
    'index.js': `const part = require('./part.js'); exports.handler = async () => ({ main: '${tag}', part: part.tag, environment: process.env.TAG });\n`,
    'part.js': `exports.tag = '${tag}';\n`,
  };
}

/** Streams a piece every `everyMs`, or as many MiB as its reader takes. */
export const STREAMING = inline(`
const { once } = require('node:events');
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  const { pieces = 0, everyMs = 0, mib = 0 } = JSON.parse(event.body);
  for (let n = 0; n < pieces; n++) {
    if (n > 0) await new Promise((resolve) => setTimeout(resolve, everyMs));
    stream.write('piece ' + n);
  }
  for (let n = 0; n < mib; n++) if (!stream.write(Buffer.alloc(1024 * 1024, 'x'))) await once(stream, 'drain');
  stream.end();
});`);

/** Prints how long after `event.at` it was called (ms). */
export const PUNCTUAL = inline(
  'exports.handler = async (event) => { console.log(`late ${Date.now() - event.at} ms`); };',
);
