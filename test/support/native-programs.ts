import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Why there are no native programs to test with here; false where there are. */
export const NO_GCC: string | false =
  process.platform === 'linux' && spawnSync('gcc', ['--version']).status === 0 ? false : 'no gcc on PATH';

/** Compiles C to `file`, an absolute path, with further arguments of gcc. */
export function compileC(file: string, source: string, more: readonly string[] = []): void {
  mkdirSync(dirname(file), { recursive: true });
  execFileSync('gcc', ['-x', 'c', '-', '-x', 'none', '-o', file, ...more], { input: source, cwd: dirname(file) });
}

/** A program that needs `libfoo.so.1`, beside which no such library lies. Returns its bytes. */
export function programWithoutLibrary(folder: string): Buffer {
  const library = join(folder, 'libfoo.so');
  compileC(library, 'int foo(void) { return 1; }', ['-shared', '-fPIC', '-Wl,-soname,libfoo.so.1']);
  compileC(join(folder, 'program'), 'int foo(void); int main(void) { return foo(); }', [library]);
  return readFileSync(join(folder, 'program'));
}

/** A program that names a dynamic loader which glibc's systems do not have. Returns its bytes. */
export function programForMusl(folder: string): Buffer {
  const file = join(folder, 'program');
  compileC(file, 'int main(void) { return 0; }', ['-Wl,--dynamic-linker=/lib/ld-musl-test.so.1']);
  return readFileSync(file);
}

/** A program that needs a version of the C library that does not exist yet. Returns its bytes. */
export function programForNewerLibrary(folder: string): Buffer {
  const file = join(folder, 'program');
  compileC(file, 'int puts(const char *); int main(void) { return puts("x"); }');
  const changed = readFileSync(file)
    .toString('latin1')
    .replaceAll(/\0GLIBC_2\.(?:34|2\.5|17)\0/g, (name) =>
      name.replace(/GLIBC.*[^\0]/, (version) => 'GLIBC_9.99'.padEnd(version.length, '9').slice(0, version.length)),
    );
  writeFileSync(file, changed, 'latin1');
  return readFileSync(file);
}
