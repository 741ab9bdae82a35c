import { createRequire } from 'node:module';

/** An answer, as parsed by `node:http`'s client. */
export interface ParsedAnswer {
  readonly status: number;
  /** Values by name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

interface Parser {
  initialize(type: number, resource: object): void;
  execute(bytes: Buffer): number | Error;
  finish(): undefined | Error;
  [callback: number]: (...args: never[]) => unknown;
}

interface ParserClass {
  new (): Parser;
  readonly RESPONSE: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

const { HTTPParser } = createRequire(import.meta.url)('_http_common') as { readonly HTTPParser: ParserClass };

/** llhttp's value for a response without a body, regardless of its headers. */
const SKIP_BODY = 1;

/**
 * Reads the answers to requests with these methods out of all bytes of one connection that has ended. Throws where the
 * parser of `node:http`'s client finds a fault.
 */
export function parseAnswers(bytes: Buffer, methods: readonly string[]): readonly ParsedAnswer[] {
  const answers: ParsedAnswer[] = [];
  let head: Omit<ParsedAnswer, 'body'> | undefined;
  let body = '';
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.RESPONSE, {});
  parser[HTTPParser.kOnHeadersComplete] = (...found: never[]) => {
    const [, , raw, , , status] = found as unknown as readonly [number, number, string[], number, string, number];
    const pairs = raw.flatMap((name, i): [string, string][] =>
      i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1] ?? '']] : [],
    );
    head = { status, headers: new Map(pairs) };
    body = '';
    return methods[answers.length] === 'HEAD' ? SKIP_BODY : 0;
  };
  parser[HTTPParser.kOnBody] = (chunk: Buffer) => {
    body += chunk.toString('latin1');
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    if (head !== undefined) answers.push({ ...head, body });
  };
  const read = parser.execute(bytes);
  if (read instanceof Error) throw read;
  const fault = parser.finish();
  if (fault instanceof Error) throw fault;
  return answers;
}
