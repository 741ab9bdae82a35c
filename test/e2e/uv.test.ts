import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, test } from 'node:test';
import { lamSession } from './session.ts';

const place = mkdtempSync(join(tmpdir(), 'lam-uv-'));
after(() => rmSync(place, { recursive: true, force: true }));

/** Folder with uv, had from a registry; undefined where it cannot be had. */
function uvFolder(): string | undefined {
  try {
    const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', place, 'uv'];
    execFileSync('python3', words, {
      stdio: 'pipe',
      timeout: 60_000,
      env: { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' },
    });
    return join(place, 'bin');
  } catch {
    return undefined;
  }
}

const uv = uvFolder();

test(
  'requirements of Python are installed with uv where it is on PATH',
  { skip: uv === undefined && 'pip cannot install uv here' },
  async () => {
    const session = await lamSession({ env: { PATH: [uv, process.env['PATH']].join(delimiter) } });
    try {
      const cwd = join(session.cwd, 'f');
      const wheel = join(cwd, 'vendor');
      mkdirSync(join(wheel, 'greeter'), { recursive: true });
      writeFileSync(join(wheel, 'greeter/__init__.py'), "TEXT = 'hello from greeter'\n");
      // A package that needs no build tool from a registry.
      writeFileSync(
        join(wheel, 'backend.py'),
        `import os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "greeter-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.write("greeter/__init__.py")
        info = "greeter-1.0.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: greeter\\nVersion: 1.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "greeter/__init__.py,,\\n" + "".join(f"{info}{part},,\\n" for part in ("METADATA", "WHEEL", "RECORD")))
    return name
`,
      );
      writeFileSync(
        join(wheel, 'pyproject.toml'),
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "greeter"\nversion = "1.0"\n',
      );
      writeFileSync(join(cwd, 'lam.yaml'), 'name: f\nruntime: python3\n');
      writeFileSync(join(cwd, 'requirements.txt'), './vendor\n');
      writeFileSync(join(cwd, 'lambda_function.py'), 'import greeter\ndef lambda_handler(e, c): return greeter.TEXT\n');
      const deployed = await session.ok(['deploy', '--verbose'], { cwd });
      // pip says 'Successfully installed'.
      assert.match(deployed.stdout + deployed.stderr, /Installed 1 package/);
      assert.equal((await session.ok(['invoke', 'f'], { cwd })).stdout.trim(), '"hello from greeter"');
    } finally {
      await session.dispose();
    }
  },
);
