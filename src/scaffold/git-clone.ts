import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lamError } from '../errors/index.ts';

/** A template's git repository: `ADDRESS` or `ADDRESS#BRANCH`. */
export interface GitSource {
  readonly url: string;
  readonly branch: string | undefined;
}

/** Allowed transports; others (`ext::`) run commands. */
const TRANSPORTS = 'file:git:http:https:ssh';

/** Time-out of a clone: 10 minutes (ms). */
const LIMIT_MS = 600_000;

/**
 * Parses the address of a git repository: a URL, `user@host:path`, or a path with `.git` or `#BRANCH` at its end.
 * Undefined for other text and for what git would read as an option.
 */
export function parseGitSource(text: string): GitSource | undefined {
  const [, url, branch] = /^([^#]+?)(?:#(.+))?$/.exec(text) ?? [];
  if (url === undefined || url.startsWith('-') || branch?.startsWith('-') === true) return undefined;
  const isAddress = /^(?:https?|ssh|git|file):\/\/[^-]/.test(url) || /^[\w.]+@[\w.][\w.-]*:[^:]/.test(url);
  const isPath = !url.includes('::') && !url.includes('://') && (url.endsWith('.git') || branch !== undefined);
  return isAddress || isPath ? { url, branch } : undefined;
}

/**
 * Clones the newest commit into a temporary folder, hands the folder to `use` and removes it. Throws
 * `LAM_SCAFFOLD_GIT_FAILED` or `LAM_SCAFFOLD_GIT_MISSING`.
 */
export async function withClone<T>(source: GitSource, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lam-template-'));
  try {
    await clone(source, join(folder, 'template'));
    return await use(join(folder, 'template'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function clone({ url, branch }: GitSource, target: string): Promise<void> {
  // Variables of a surrounding repository (inside a hook) would redirect git.
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...environment } = process.env;
  const options = branch === undefined ? [] : ['--branch', branch];
  return new Promise((resolve, reject) => {
    execFile(
      'git',
      ['clone', '--quiet', '--depth', '1', ...options, '--', url, target],
      {
        env: { ...environment, GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: TRANSPORTS, LC_ALL: 'C' },
        timeout: LIMIT_MS,
      },
      (error, _stdout, stderr) => {
        if (error === null) resolve();
        else if (error.code === 'ENOENT') reject(lamError('LAM_SCAFFOLD_GIT_MISSING', { url }, error));
        else reject(lamError('LAM_SCAFFOLD_GIT_FAILED', { url, reason: reasonOf(stderr, error) }, error));
      },
    );
  });
}

function reasonOf(stderr: string, error: Error): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('warning: --depth'));
  return (
    lines
      .find((line) => line.startsWith('fatal:'))
      ?.slice('fatal:'.length)
      .trim() ??
    lines.at(-1) ??
    error.message
  );
}
