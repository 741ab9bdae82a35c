import { lamError } from '../../errors/index.ts';
import { readControl } from './cgroup-files.ts';

/**
 * Ids for sandboxes: above those that systemd gives to containers (up to 0x6FFFFFFF), below those that some programs
 * take for negative.
 */
const HIGH = { first: 0x7000_0000, end: 0x7fff_0000 };
/** Where only the usual ids of a container are mapped: above accounts, below `nobody`. */
const LOW = { first: 20_000, end: 60_000 };
/** Ids of one home in either part. */
const HIGH_COUNT = 4096;
const LOW_COUNT = 1000;

/** Consecutive ids, used for users and for groups. */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

/** Texts of the system's files that say which ids exist and which belong to somebody. */
export interface IdFiles {
  /** `/proc/self/uid_map` and `gid_map`. */
  readonly maps: readonly string[];
  /** `/etc/passwd` and `/etc/group`. */
  readonly accounts: readonly string[];
  /** `/etc/subuid` and `/etc/subgid`. */
  readonly subordinate: readonly string[];
}

/**
 * Chooses the ids of one home's sandboxes: each home has its own, chosen by its id, that no account has and no account
 * was given. Undefined where the user namespace has none. Pure.
 */
export function idsOfHome(homeId: string, files: IdFiles): IdRange | undefined {
  const mapped = files.maps.map((text) => rangesIn(text, /^\s*(\d+)\s+\d+\s+(\d+)/));
  const taken = [
    ...files.accounts.flatMap((text) => rangesIn(text, /^[^:]*:[^:]*:(\d+)(?=:)()/)),
    ...files.subordinate.flatMap((text) => rangesIn(text, /^[^:]*:(\d+):(\d+)/)),
  ];
  const isUsable = (ids: IdRange): boolean =>
    mapped.every((ranges) => ranges.some((range) => contains(range, ids))) && !taken.some((own) => overlap(own, ids));
  for (const [part, count] of [
    [HIGH, HIGH_COUNT],
    [LOW, LOW_COUNT],
  ] as const) {
    const blocks = Math.floor((part.end - part.first) / count);
    const start = Number.parseInt(homeId.slice(0, 8), 16) % blocks;
    for (let i = 0; i < blocks; i += 1) {
      const ids = { first: part.first + ((start + i) % blocks) * count, count };
      if (isUsable(ids)) return ids;
    }
  }
  return undefined;
}

/** {@link idsOfHome} on this machine. */
export function idsHere(homeId: string): IdRange | undefined {
  return idsOfHome(homeId, {
    maps: ['/proc/self/uid_map', '/proc/self/gid_map'].map(readControl),
    accounts: ['/etc/passwd', '/etc/group'].map(readControl),
    subordinate: ['/etc/subuid', '/etc/subgid'].map(readControl),
  });
}

/** The ranges that lines of `text` name: first id and, where the pattern has one, their number. */
function rangesIn(text: string, pattern: RegExp): readonly IdRange[] {
  return text.split('\n').flatMap((line) => {
    const [, first, count] = pattern.exec(line) ?? [];
    return first === undefined ? [] : [{ first: Number(first), count: Number(count || 1) }];
  });
}

function contains(range: IdRange, part: IdRange): boolean {
  return range.first <= part.first && part.first + part.count <= range.first + range.count;
}

function overlap(one: IdRange, other: IdRange): boolean {
  return one.first < other.first + other.count && other.first < one.first + one.count;
}

/** Hands out the ids of a range, each to one sandbox at a time. */
export class SandboxUsers {
  readonly range: IdRange;
  readonly #taken = new Set<number>();
  #last: number;

  constructor(range: IdRange) {
    this.range = range;
    this.#last = Math.floor(Math.random() * range.count);
  }

  /** Returns an id that no sandbox has. Throws `LAM_DRIVER_START_FAILED` when all are in use. */
  take(): number {
    const { first, count } = this.range;
    for (let i = 0; i < count; i += 1) {
      this.#last = (this.#last + 1) % count;
      const id = first + this.#last;
      if (this.#taken.has(id)) continue;
      this.#taken.add(id);
      return id;
    }
    const reason = `all ${count} user ids for sandboxes are in use`;
    throw lamError('LAM_DRIVER_START_FAILED', { function: '', reason });
  }

  /** Ids with processes of an earlier daemon that could not be ended are never handed out. */
  withhold(ids: Iterable<number>): void {
    for (const id of ids) this.#taken.add(id);
  }

  /** To be called when no process of the sandbox is left. */
  release(id: number): void {
    this.#taken.delete(id);
  }
}
