import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { lamSession, type LamSession } from './session.ts';

const TYPESCRIPT = `interface Event {
  name: string;
}

function greet(event: Event): string {
  console.error(new Error('seen'));
  throw new RangeError(\`no greeting for \${event.name}\`);
}

export const handler = async (event: Event): Promise<string> => greet(event);
`;

const GREET = ['    at greet (index.ts:7:9)', '    at handler (index.ts:10:65)'];

describe('errors of functions point to what the author wrote', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
    const cwd = s.files('greeter', { 'lam.yaml': 'name: greeter\nruntime: nodejs\n', 'index.ts': TYPESCRIPT });
    await s.ok(['deploy'], { cwd });
  });
  after(() => s.dispose());

  test('in the answer and the log of bundled TypeScript', async () => {
    const { code, stdout } = await s.run(['invoke', 'greeter', '-d', '{"name":"Ada"}']);
    assert.equal(code, 5);
    const { trace } = JSON.parse(stdout) as { trace: readonly string[] };
    assert.deepEqual(trace, ['RangeError: no greeting for Ada', ...GREET]);
    const log = (await s.ok(['logs', 'greeter', '-o', 'raw', '--no-platform'])).stdout;
    const seen = ['Error: seen', GREET[0]?.replace('7:9', '6:17'), GREET[1]];
    assert.ok(log.includes(`${seen.join('\n')}\nInvoke Error\t${trace.join('\n')}\n`), log);
    assert.doesNotMatch(log, /index\.mjs|bootstrap|node:internal/);
  });

  test('on the page for a browser, whose command prints the whole log', async () => {
    const answer = await fetch(`${s.url}/greeter`, { headers: { accept: 'text/html' } });
    assert.equal(answer.status, 502);
    const page = await answer.text();
    assert.ok(page.includes(GREET.join('\n')), page);
    const words = /<pre>lam (logs greeter --request-id [0-9a-f-]{36})<\/pre>/.exec(page)?.[1]?.split(' ') ?? [];
    const { stdout } = await s.ok([...words, '-o', 'raw']);
    assert.match(stdout, /^START [^]*Error: seen[^]*RangeError[^]*\nREPORT /);
    assert.equal(await (await fetch(`${s.url}/greeter`)).text(), 'Internal Server Error');
  });

  test('when a version cannot be deployed, by file, line and excerpt', async () => {
    const faults = {
      'export const handler = async () => {\n  const one = ;\n};\n': /^ {2}index\.mjs:2\n {4}const one = ;\n {16}\^$/m,
      'import one from "./one.mjs";\n': /^ {2}index\.mjs:1\n {2}import one from "\.\/one\.mjs";\n {18}\^{11}$/m,
    };
    for (const [code, excerpt] of Object.entries(faults)) {
      const cwd = s.files('broken', { 'lam.yaml': 'name: broken\nruntime: nodejs\n', 'index.mjs': code });
      const refused = await s.run(['deploy'], { cwd });
      assert.equal(refused.code, 8);
      assert.match(refused.stderr, excerpt);
    }
    const python = { 'lam.yaml': 'name: broken\nruntime: python3\n', 'lambda_function.py': 'import os\nx = (1\n' };
    const refused = await s.run(['deploy'], { cwd: s.files('broken-too', python) });
    assert.equal(refused.code, 8);
    assert.match(refused.stderr, /^ *File "lambda_function\.py" Line 2\n *x = \(1\n *\^$/m);
  });
});
