import { flushFiles, flushFolders, MANY_FILES } from '../../../../src/store/disk/flush.ts';

/** Flushes `files` or `folders` (first argument) of a folder (second), many of them; all but the folder are missing. */
const [what, folder = ''] = process.argv.slice(2);
const missing = Array.from({ length: MANY_FILES }, (_, n) => `${folder}/missing-${n}`);
await (what === 'files' ? flushFiles(missing, folder) : flushFolders([folder, ...missing]));
