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
 * Evaluates a CommonJS bundle that exists only inside the binary. `cache`: V8's code cache of exactly this text, made
 * with {@link bundleScript} at build time; V8 ignores one that does not match.
 */
export function evaluateBundle(name: string, code: string, cache: Uint8Array): unknown {
  const script = bundleScript(name, code, cache);
  return run(script.runInThisContext() as ModuleFunction, process.execPath);
}

/** Compiles a bundle; shared by the build and the binary, because the code cache is valid only for the same script. */
export function bundleScript(name: string, code: string, cache?: Uint8Array): Script {
  return new Script(`(function (${PARAMETERS.join(', ')}) {${code}\n})`, {
    filename: `${name}.cjs`,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cache === undefined ? {} : { cachedData: cache }),
  });
}

/** Runs a CommonJS program, from `code` or its file, as `node FILE` would. */
export function runProgram(filename: string): void {
  const compiled = compileFunction(readFileSync(filename, 'utf8'), PARAMETERS, {
    filename,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  run(compiled as ModuleFunction, filename);
}

/**
 * Lets the Node bootstrap load ES modules: `import()` in the main script of a single executable finds only built-in
 * modules, unless it is compiled here with the ordinary loader.
 */
export function allowModules(): void {
  const load = compileFunction('return import(url)', ['url'], {
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const quietly = (url: string): unknown => {
    const { emitWarning } = process;
    // Suppresses Node's warning that the option is experimental, which would end up in the function's log.
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
