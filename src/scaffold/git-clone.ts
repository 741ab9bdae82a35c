import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lamError } from '../errors/index.ts';

/** Where a template comes from: `ADDRESS` or `ADDRESS#BRANCH`. */
export interface GitSource {
  readonly url: string;
  readonly branch: string | undefined;
}

/** Transports that only move data; others (`ext::`) run commands. */
const TRANSPORTS = 'file:git:http:https:ssh';

/** Ten minutes, for a large repository over a slow line. */
const LIMIT_MS = 600_000;

/**
 * Takes the address of a git repository apart: one with a scheme, `user@host:path`, or a path that ends with `.git`
 * or has `#BRANCH`. Undefined when the text is none, or would be read by git as an option.
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
  // A variable of a repository that this command happens to run in (inside a hook) would redirect git.
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
