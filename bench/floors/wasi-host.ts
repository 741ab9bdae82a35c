// The floor of WASI commands: one process of Node that compiles a module and runs it once, between stdin and stdout. Its one argument is the module's file.
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const wasi = new WASI({ version: 'preview1', args: ['main.wasm'], env: {}, returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(process.argv[2] ?? ''));
const imports = wasi.getImportObject() as Record<string, Record<string, unknown>>;
process.exitCode = wasi.start(new WebAssembly.Instance(module, imports));
