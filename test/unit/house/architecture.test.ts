import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { OPEN_FILES, ROOMS, STARTS_PROCESSES } from '../../../scripts/architecture-rules.ts';
import { checkArchitecture, type ArchitectureReport } from '../../../scripts/check-architecture.ts';
import type { Rights } from '../../../scripts/unused-rights.ts';

const root = resolve(import.meta.dirname, '../../..');

/** One file per violation: its path, its text, and the rule that must report it. */
const SINS = [
  {
    file: 'src/pool/sin-a.ts',
    text: "import { request } from '../client/index.ts';\nexport const a = request;\n",
    rule: 'pool-imports',
  },
  {
    file: 'src/pool/sin-b.ts',
    text: "import Docker from 'dockerode';\nexport const b = new Docker();\n",
    rule: 'driver-packages',
  },
  {
    file: 'src/router/sin-c.ts',
    text: "import type { Fifo } from '../kit/fifo.ts';\nexport type C = Fifo<string>;\n",
    rule: 'through-the-front-door',
  },
  {
    file: 'src/kit/sin-d.ts',
    text: "import { e } from './sin-e.ts';\nexport const d = (): unknown => e;\n",
    rule: 'no-cycles',
  },
  {
    file: 'src/kit/sin-o.ts',
    text: "import type { P } from './sin-p.ts';\nexport type O = readonly P[];\n",
    rule: 'no-cycles',
  },
  {
    file: 'src/kit/sin-f.ts',
    text: "import { g } from '../../test/sin-g.ts';\nexport const f = g;\n",
    rule: 'no-tests-in-src',
  },
  {
    file: 'src/pantry/sin-h.ts',
    text: "import { join } from 'node:path';\nexport const h = join;\n",
    rule: 'no-unknown-room',
  },
  {
    file: 'src/kit/sin-i.ts',
    text: "import { spawn } from 'node:child_process';\nexport const i = spawn;\n",
    rule: 'processes-in-few-places',
  },
  {
    file: 'src/kit/sin-j.ts',
    text: "import { x } from './not-there.ts';\nexport const j = x;\n",
    rule: 'no-unresolvable',
  },
  {
    file: 'src/kit/sin-k.ts',
    text: "import fc from 'fast-check';\nexport const k = fc;\n",
    rule: 'one-home-for-a-package',
  },
  {
    file: 'src/cli/fast/sin-l.ts',
    text: "import { m } from '../sin-m.ts';\nexport const l = m;\n",
    rule: 'light-fast-path',
  },
  {
    file: 'src/edge/sin-n.ts',
    text: "import type { Store } from '../store/index.ts';\nexport type N = Store;\n",
    rule: 'edge-imports',
  },
  {
    file: 'src/edge/apis/control/sin-p.ts',
    text: "import { EventTemplateV2 } from '../functions/event-v2.ts';\nexport const p = EventTemplateV2;\n",
    rule: 'apis-know-no-other',
  },
  {
    file: 'src/edge/sin-q.ts',
    text: "import { controlApi } from './apis/control/api.ts';\nexport const q = controlApi;\n",
    rule: 'apis-through-their-list',
  },
  {
    file: 'src/project/sin-r.ts',
    text: "import { DeployedTriggers } from '../triggers/supervisor/index.ts';\nexport const r = DeployedTriggers;\n",
    rule: 'triggers-run-in-the-daemon',
  },
  {
    file: 'src/triggers/pigeon/sin-s.ts',
    text: "import { run } from './run.ts';\nexport const s = run;\n",
    rule: 'a-kind-runs-when-first-used',
  },
  {
    file: 'src/triggers/pigeon/sin-t.ts',
    text: "import { parse } from 'yaml';\nexport const t = parse;\n",
    rule: 'packages-of-a-kind-in-its-running-half',
  },
  {
    file: 'src/triggers/pigeon/sin-u.ts',
    text: "import { parseRoute } from '../http/route.ts';\nexport const u = parseRoute;\n",
    rule: 'kinds-apart',
  },
] as const;

/** Rights that the copy of the tree does not use, beside those of the table. */
const SPARE_RIGHTS: Rights = {
  rooms: {
    ...ROOMS,
    kit: { may: ['errors', 'logs'], files: ['pool/policy/index.ts'], packages: ['left-pad'] },
    driver: { may: ['executor'], files: ['executor/session.ts'] },
  },
  openFiles: [...OPEN_FILES, 'store/df.ts'],
  startsProcesses: [...STARTS_PROCESSES, 'logs'],
};

/** Files that some of them import, valid by themselves. */
const HELPERS = {
  'src/triggers/pigeon/run.ts': "import { parse } from 'yaml';\nexport const run = parse;\n",
  'src/triggers/pigeon/pigeon.ts': "export const load = () => import('./run.ts');\n",
  'src/kit/sin-e.ts': "import { d } from './sin-d.ts';\nexport const e = (): unknown => d;\n",
  'src/kit/sin-p.ts': "import type { O } from './sin-o.ts';\nexport type P = { readonly all: O };\n",
  'test/sin-g.ts': 'export const g = 1;\n',
  'src/cli/sin-m.ts': "import { Listr } from 'listr2';\nexport const m = Listr;\n",
  'src/kit/node_modules/unseen.ts': 'export const unseen = 1;\n',
};

function put(base: string, file: string, text: string): void {
  mkdirSync(dirname(join(base, file)), { recursive: true });
  writeFileSync(join(base, file), text);
}

describe('the check of the import rules', () => {
  let base: string;
  let report: ArchitectureReport;
  before(async () => {
    base = mkdtempSync(join(tmpdir(), 'lam-architecture-'));
    cpSync(join(root, 'src'), join(base, 'src'), { recursive: true });
    for (const file of ['package.json', 'tsconfig.json']) cpSync(join(root, file), join(base, file));
    symlinkSync(join(root, 'node_modules'), join(base, 'node_modules'));
    for (const sin of SINS) put(base, sin.file, sin.text);
    for (const [file, text] of Object.entries(HELPERS)) put(base, file, text);
    report = await checkArchitecture(base, SPARE_RIGHTS);
  });
  after(() => rmSync(base, { recursive: true, force: true }));

  for (const sin of SINS) {
    test(`refuses ${sin.file} by the rule ${sin.rule}`, () => {
      const found = report.faults.filter((f) => f.startsWith(sin.file) && f.includes(`[${sin.rule}]`));
      assert.notEqual(
        found.length,
        0,
        report.faults.filter((f) => f.startsWith(sin.file)).join('\n') || 'no fault at all',
      );
    });
  }

  test('reports the path from a light file to a heavy package', () => {
    const fault = report.faults.find((f) => f.startsWith('src/cli/fast/sin-l.ts') && f.includes('[light-fast-path]'));
    assert.match(fault ?? '', /^src\/cli\/fast\/sin-l\.ts -> src\/cli\/sin-m\.ts -> .*listr2/);
  });

  test('lets a kind of trigger load its running half when it is first used', () => {
    const faults = report.faults.filter((f) => f.startsWith('src/triggers/pigeon/pigeon.ts'));
    assert.deepEqual(faults, []);
  });

  test('reports each right that no import uses', () => {
    const unused = report.faults.filter((f) => f.includes('[unused-right]')).map((f) => f.split(', and')[0]);
    assert.deepEqual(unused, [
      'kit may import logs',
      'kit may import pool/policy/index.ts',
      'kit may load the package left-pad',
      'driver may import executor/session.ts',
      'store/df.ts is an open file',
      'logs may start child processes',
    ]);
  });

  test('reports a file that it did not check', () => {
    assert.ok(report.faults.some((f) => f.startsWith('src/kit/node_modules/unseen.ts: was not looked at')));
  });

  test('checks the real files of src', () => {
    assert.ok(report.modules > 100, `${report.modules} modules`);
  });
});

test('the table of docs/ARCHITECTURE.md is the one that is checked', () => {
  const rows = readFileSync(join(root, 'docs/ARCHITECTURE.md'), 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 6 && Object.hasOwn(ROOMS, cells[1] ?? ''));
  const cellOf = (text: string | undefined): readonly string[] =>
    (text ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '' && part !== '-')
      .toSorted();
  const documented = rows.map((cells) => ({ room: cells[1] ?? '', may: cellOf(cells[3]), packages: cellOf(cells[4]) }));
  const checked = Object.entries(ROOMS).map(([room, r]) => ({
    room,
    may: room === 'daemon' ? ['every daemon-side room'] : [...r.may, ...(r.files ?? [])].toSorted(),
    packages: [...(r.packages ?? [])].toSorted(),
  }));
  assert.deepEqual(documented, checked);
});
