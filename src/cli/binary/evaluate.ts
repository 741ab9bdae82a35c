import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { compileFunction, constants, Script } from 'node:vm';

/** Parameters of a CommonJS module's function. */
const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

type ModuleFunction = (
  ...parts: readonly [
    exports: unknown,
    require: NodeJS.Require,
    module: { exports: unknown },
    filename: string,
    dirname: string,
  ]
) => void;

/**
 * Evaluates a CommonJS bundle that exists only inside the binary. `cache` is V8's compiled form of exactly this text,
 * made by {@link bundleScript} at build time; one that does not fit is ignored by V8.
 */
export function evaluateBundle(name: string, code: string, cache: Uint8Array): unknown {
  const script = bundleScript(name, code, cache);
  return run(script.runInThisContext() as ModuleFunction, process.execPath);
}

/** The script of a bundle: how the build compiles it must be how the binary does, or the cache does not fit. */
export function bundleScript(name: string, code: string, cache?: Uint8Array): Script {
  return new Script(`(function (${PARAMETERS.join(', ')}) {${code}\n})`, {
    filename: `${name}.cjs`,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cache === undefined ? {} : { cachedData: cache }),
  });
}

/** Runs a CommonJS program, from `code` or from its file, as Node would have if it had been started with it. */
export function runProgram(filename: string): void {
  const compiled = compileFunction(readFileSync(filename, 'utf8'), PARAMETERS, {
    filename,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  run(compiled as ModuleFunction, filename);
}

/**
 * Lets the Node bootstrap load ES modules: a plain `import()` in the main script of a single executable finds built-in
 * modules only, one that is compiled here and told to use the ordinary loader finds files.
 */
export function allowModules(): void {
  const load = compileFunction('return import(url)', ['url'], {
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const quietly = (url: string): unknown => {
    const { emitWarning } = process;
    // Node warns at the first such import that the option is experimental; that is lam's concern, not the function's.
    process.emitWarning = () => undefined;
    try {
      return (load as (url: string) => unknown)(url);
    } finally {
      process.emitWarning = emitWarning;
    }
  };
  Object.assign(globalThis, { __lamImport: quietly });
}

function run(compiled: ModuleFunction, filename: string): unknown {
  const module: { exports: unknown } = { exports: {} };
  const base = filename.startsWith('/') ? filename : process.execPath;
  compiled(module.exports, createRequire(base), module, base, dirname(base));
  return module.exports;
}
