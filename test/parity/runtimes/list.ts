import { bash } from './bash.ts';
import { dotnet } from './dotnet.ts';
import { image } from './image.ts';
import { java } from './java.ts';
import { bun } from './bun.ts';
import { crystal } from './crystal.ts';
import { deno } from './deno.ts';
import { go } from './go.ts';
import { nodejs } from './nodejs.ts';
import type { ParityRuntime } from './parity-runtime.ts';
import { php } from './php.ts';
import { provided } from './provided.ts';
import { python3 } from './python3.ts';
import { ruby } from './ruby.ts';
import { rust } from './rust.ts';
import { stdio } from './stdio.ts';
import { stdioImage } from './stdio-image.ts';
import { wasm } from './wasm.ts';

/** All runtimes of the suite, in the order of the table's columns. */
export const PARITY_RUNTIMES: readonly ParityRuntime[] = [
  nodejs,
  deno,
  bun,
  python3,
  ruby,
  php,
  java,
  dotnet,
  go,
  rust,
  crystal,
  bash,
  provided,
  stdio,
  wasm,
  image,
  stdioImage,
];
