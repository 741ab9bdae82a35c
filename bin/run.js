#!/usr/bin/env -S node --
'use strict';
// Plain CommonJS that any Node can parse, because its first duty is to turn old ones away.
/* oxlint-disable unicorn/prefer-node-protocol -- Node before 14.18 finds no module under such a name */

/** Ends with how a clone is built, if this one is not. */
function refuseUnbuilt() {
  const { join } = require('path');
  const clone = join(__dirname, '..');
  if (require('fs').existsSync(join(clone, 'dist', 'lam.cjs'))) return;
  const quoted = "'" + clone.replace(/'/g, "'\\''") + "'";
  process.stderr.write(
    'Error: lam is not built in ' + quoted + '\n  hint: build it: npm --prefix ' + quoted + ' run build\n',
  );
  process.exit(1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  refuseUnbuilt();
  const { join } = require('path');
  const own = join(__dirname, '..', 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!process.env.LAM_NO_REEXEC && require('fs').existsSync(own)) {
    const { spawnSync } = require('child_process');
    const run = spawnSync(own, [__filename].concat(process.argv.slice(2)), {
      stdio: 'inherit',
      env: Object.assign({}, process.env, { LAM_NO_REEXEC: '1' }),
    });
    if (run.signal) process.kill(process.pid, run.signal);
    process.exit(run.status === null ? 1 : run.status);
  }
  process.stderr.write(
    'Error: lam needs Node 22.19 or newer; this is ' +
      process.versions.node +
      '\n  hint: install a newer one from https://nodejs.org, or use the single binary of lam\n',
  );
  process.exit(1);
}
const { enableCompileCache } = require('module');
if (enableCompileCache) enableCompileCache();
try {
  require('../dist/lam.cjs');
} catch (error) {
  // Checked after the failure, so that a built lam starts without it.
  refuseUnbuilt();
  throw error;
}
