import type { RuntimeDescriptor } from './descriptor.ts';
import { bash } from './bash.ts';
import { bun } from './bun.ts';
import { crystal } from './crystal.ts';
import { deno } from './deno.ts';
import { dotnet } from './dotnet.ts';
import { go } from './go.ts';
import { image } from './image.ts';
import { java } from './java.ts';
import { kotlin } from './kotlin.ts';
import { nodejs } from './nodejs.ts';
import { php } from './php.ts';
import { provided } from './provided.ts';
import { python3 } from './python3.ts';
import { ruby } from './ruby.ts';
import { rust } from './rust.ts';
import { scala } from './scala.ts';
import { stdio } from './stdio.ts';
import { stdioImage } from './stdio-image.ts';
import { wasm } from './wasm.ts';

/** All families. A line here adds one; `tsc` then names the maps over families that miss it. */
const LIST = {
  nodejs,
  python3,
  ruby,
  java,
  scala,
  kotlin,
  dotnet,
  go,
  rust,
  crystal,
  bash,
  deno,
  bun,
  php,
  provided,
  stdio,
  wasm,
  image,
  'stdio-image': stdioImage,
} as const;

/** Name of a family: the folder of its templates, and part of the key by which stems are shared. */
export type RuntimeFamily = keyof typeof LIST;

/** The descriptor of each family. */
export const DESCRIPTORS: Readonly<Record<RuntimeFamily, RuntimeDescriptor>> = LIST;

/** The names of all families, in the order in which they are shown. */
export const FAMILIES = Object.keys(LIST) as readonly RuntimeFamily[];
