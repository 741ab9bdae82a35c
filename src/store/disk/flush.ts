import { spawn } from 'node:child_process';
import { closeSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { eachLimited } from '../../kit/index.ts';
import { syncDirectory } from './atomic-file.ts';
import { PARALLEL_FILES } from './parallel-files.ts';

/** From this number on, files are written first and flushed together. */
export const MANY_FILES = 64;

/**
 * Makes files durable that were written without a flush, all on the file system of `folder`. Many are flushed by
 * flushing the file system once: each flush by itself makes the disk empty its cache, thousands of times.
 */
export async function flushFiles(files: readonly string[], folder: string): Promise<void> {
  if (files.length >= MANY_FILES && (await flushFileSystem(folder))) return;
  await eachLimited(files, PARALLEL_FILES, flushFile);
}

/** Makes the entries of folders durable, all on one file system. To be called once all entries are made. */
export async function flushFolders(folders: readonly string[]): Promise<void> {
  const [first] = folders;
  if (first !== undefined && folders.length >= MANY_FILES && (await flushFileSystem(first))) return;
  await eachLimited(folders, PARALLEL_FILES, syncDirectory);
}

async function flushFile(path: string): Promise<void> {
  const file = openSync(path, 'r');
  try {
    await promisify(fsync)(file);
  } finally {
    closeSync(file);
  }
}

/** Runs `sync -f` (syncfs), which Node has no call for. Resolves to whether it did; elsewhere it would promise less. */
function flushFileSystem(folder: string): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn('sync', ['-f', folder], { stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}
