import { parseArgs } from 'node:util';

/** A server to put beside lam. */
export interface Peer {
  readonly name: string;
  /** Answers POST with 200. */
  readonly url: URL;
}

/** Options of the command line. */
export interface Options {
  /** Rows or groups; empty: all. */
  readonly names: readonly string[];
  readonly peers: readonly Peer[];
  readonly list: boolean;
  readonly json: boolean;
  readonly quick: boolean;
  readonly help: boolean;
  /** Folder for the results, or undefined for the one of this kind of run. */
  readonly out: string | undefined;
  /** Program and first arguments of the lam to measure, or undefined for this checkout's. */
  readonly lam: string | undefined;
}

export const HELP = `Measures lam against floors in the same run, and says which gates hold.

Usage: npm run bench [-- ROW|GROUP ... [OPTION ...]]

  ROW, GROUP        only these (default: all); --list names them
  --peer NAME=URL   also measures a server that answers POST at URL (http), in the same rounds as the warm rows; repeatable
  --quick           few rounds: says whether a row works, not how fast lam is
  --list            lists the rows, their groups and gates
  --json            prints the results as JSON instead of a table
  --out DIR         where results go (default: bench/results for all rows in full, else bench/results/partial)
  --lam FILE        measures another lam: a bin/run.js, or a binary
  --help            this text

Exit code: 0 when every gate that was measured holds, 1 when one is missed or could not be measured, 2 for wrong usage.
`;

/** Names reserved by the report. */
const TAKEN: ReadonlySet<string> = new Set(['lam', 'floor', 'glambdar-shape']);

/** Parses the command line. Throws an Error with a message for the user. Pure. */
export function parseOptions(argv: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      peer: { type: 'string', multiple: true, default: [] },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      out: { type: 'string' },
      lam: { type: 'string' },
    },
  });
  const peers = values.peer.map(peerOf);
  const twice = peers.find((peer, at) => peers.findIndex((other) => other.name === peer.name) !== at);
  if (twice !== undefined) throw new Error(`two peers are called '${twice.name}'`);
  const { list, json, quick, help, out, lam } = values;
  return { names: positionals, peers, list, json, quick, help, out, lam };
}

function peerOf(text: string): Peer {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(equals, 0));
  const url = text.slice(equals + 1);
  if (name === '' || !URL.canParse(url)) throw new Error(`--peer wants NAME=URL, not '${text}'`);
  if (TAKEN.has(name)) throw new Error(`a peer can't be called '${name}': the report uses that name`);
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:') throw new Error(`--peer ${name}: only http:// is spoken, not ${parsed.protocol}//`);
  return { name, url: parsed };
}

/** The rows selected by `names`, in the order of `rows`. Throws an Error for an unknown name. Pure. */
export function chooseRows<R extends { readonly id: string; readonly group: string }>(
  rows: readonly R[],
  names: readonly string[],
): readonly R[] {
  const unknown = names.filter((name) => !rows.some((row) => row.id === name || row.group === name));
  if (unknown.length > 0) {
    const groups = [...new Set(rows.map((row) => row.group))];
    throw new Error(
      `no such row or group: ${unknown.join(', ')}; groups are ${groups.join(', ')}; rows are ${rows.map((r) => r.id).join(', ')}`,
    );
  }
  return names.length === 0 ? rows : rows.filter((row) => names.includes(row.id) || names.includes(row.group));
}
