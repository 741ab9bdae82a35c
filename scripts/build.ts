import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildAssets } from './build-assets.ts';
import { buildBundles } from './build-bundles.ts';
import { buildTypes } from './build-types.ts';
import { writeBuildDigest } from './build-digest.ts';

/** Makes everything in dist/ except the single executable. */
const root = join(import.meta.dirname, '..');
const outDir = join(root, 'dist');
await rm(join(outDir, 'assets'), { recursive: true, force: true });
await Promise.all([buildBundles(root, outDir), buildAssets(outDir), buildTypes(root, outDir)]);
await writeBuildDigest(outDir);
