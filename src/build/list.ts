import type { RuntimeFamily } from '../runtimes/index.ts';
import type { FamilyBuild } from './family-build.ts';
import { bash } from './bash.ts';
import { bun } from './bun.ts';
import { crystal } from './crystal.ts';
import { deno } from './deno.ts';
import { dotnet } from './dotnet/dotnet.ts';
import { go } from './go.ts';
import { image } from './image.ts';
import { jvm } from './jvm/jvm.ts';
import { nodejs } from './nodejs.ts';
import { php } from './php.ts';
import { provided } from './provided.ts';
import { python3 } from './python3.ts';
import { ruby } from './ruby.ts';
import { rust } from './rust.ts';
import { stdio } from './stdio.ts';
import { wasm } from './wasm.ts';

/** How each family's source becomes an artifact. */
export const BUILDS: Readonly<Record<RuntimeFamily, FamilyBuild>> = {
  nodejs,
  python3,
  ruby,
  go,
  rust,
  crystal,
  bash,
  java: jvm,
  scala: jvm,
  kotlin: jvm,
  dotnet,
  deno,
  bun,
  php,
  provided,
  stdio,
  wasm,
  image,
  'stdio-image': image,
};
