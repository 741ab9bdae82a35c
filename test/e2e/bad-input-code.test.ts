import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { lamSession, type LamSession } from './session.ts';

/**
 * Code that deploys and cannot be loaded or called: by function, its file, its handler and what the first invoke
 * reports.
 */
const FAULTS = [
  {
    name: 'node-no-file',
    runtime: 'nodejs',
    handler: 'absent.handler',
    files: { 'index.mjs': '' },
    type: 'Runtime.ImportModuleError',
    says: 'absent',
  },
  {
    name: 'node-no-import',
    runtime: 'nodejs',
    handler: 'index.handler',
    files: { 'index.mjs': 'import "./absent.mjs"; export const handler = 1;' },
    type: 'Runtime.ImportModuleError',
    says: 'absent.mjs',
  },
  {
    name: 'node-no-require',
    runtime: 'nodejs',
    handler: 'index.handler',
    files: { 'index.cjs': 'require("absent-package"); exports.handler = 1;' },
    type: 'Runtime.ImportModuleError',
    says: 'absent-package',
  },
  {
    name: 'node-no-export',
    runtime: 'nodejs',
    handler: 'index.missing',
    files: { 'index.mjs': 'export const handler = async () => 1;' },
    type: 'Runtime.HandlerNotFound',
    says: 'missing',
  },
  {
    name: 'node-no-function',
    runtime: 'nodejs',
    handler: 'index.handler',
    files: { 'index.mjs': 'export const handler = 42;' },
    type: 'Runtime.HandlerNotFound',
    says: 'handler',
  },
  {
    name: 'node-syntax',
    runtime: 'nodejs',
    handler: 'index.handler',
    files: { 'index.mjs': 'export const handler = async () => {' },
    type: 'Runtime.UserCodeSyntaxError',
    says: 'SyntaxError',
  },
  {
    name: 'node-syntax-cjs',
    runtime: 'nodejs',
    handler: 'index.handler',
    files: { 'index.cjs': 'exports.handler = async () => {' },
    type: 'Runtime.UserCodeSyntaxError',
    says: 'SyntaxError',
  },
  {
    name: 'node-throws',
    runtime: 'nodejs',
    handler: 'index.handler',
    files: { 'index.mjs': 'throw new RangeError("at load");' },
    type: 'RangeError',
    says: 'at load',
  },
  {
    name: 'python-no-file',
    runtime: 'python3',
    handler: 'absent.handler',
    files: { 'lambda_function.py': '' },
    type: 'Runtime.ImportModuleError',
    says: 'absent',
  },
  {
    name: 'python-no-import',
    runtime: 'python3',
    handler: 'lambda_function.handler',
    files: { 'lambda_function.py': 'import absent_module' },
    type: 'Runtime.ImportModuleError',
    says: 'absent_module',
  },
  {
    name: 'python-no-export',
    runtime: 'python3',
    handler: 'lambda_function.missing',
    files: { 'lambda_function.py': 'x = 1' },
    type: 'Runtime.HandlerNotFound',
    says: 'missing',
  },
  {
    name: 'python-syntax',
    runtime: 'python3',
    handler: 'lambda_function.handler',
    files: { 'lambda_function.py': 'def handler(event, context)\n  return 1' },
    type: 'Runtime.UserCodeSyntaxError',
    says: 'lambda_function.py',
  },
  {
    name: 'python-throws',
    runtime: 'python3',
    handler: 'lambda_function.handler',
    files: { 'lambda_function.py': 'raise KeyError("at load")' },
    type: 'KeyError',
    says: 'at load',
  },
] as const;

let s: LamSession;
/** Outcome of the deploy with checks. */
let refused: Awaited<ReturnType<LamSession['run']>>;

before(async () => {
  s = await lamSession();
  const functions = FAULTS.map(
    ({ name, runtime, handler }) => `  ${name}:\n    runtime: ${runtime}\n    handler: ${handler}\n    path: ${name}\n`,
  );
  const cwd = s.files('faults', { 'lam.yaml': `functions:\n${functions.join('')}` });
  for (const { name, files } of FAULTS) s.files(`faults/${name}`, files);
  refused = await s.run(['deploy', '--json'], { cwd });
  const { functions: deployed } = await s.json<{ functions: { version: number }[] }>(['deploy', '--no-verify'], {
    cwd,
  });
  assert.deepEqual(
    deployed.map((one) => one.version),
    FAULTS.map(() => 1),
  );
});
after(() => s.dispose());

describe('code that cannot be loaded is not deployed', () => {
  for (const { name, type, says } of FAULTS) {
    test(`and the deploy of ${name} reports ${type}`, () => {
      const { error } = JSON.parse(refused.stdout) as {
        error: { code: string; details: { errors: { name: string; code: string; message: string }[] } };
      };
      assert.equal(error.code, 'LAM_CLI_DEPLOY_FAILED');
      const own = error.details.errors.find((one) => one.name === name);
      assert.equal(own?.code, 'LAM_OPERATIONS_CHECK_FAILED');
      assert.ok(own.message.includes(`: ${type}: `), own.message);
      assert.ok(JSON.stringify(own).includes(says), JSON.stringify(own));
    });
  }

  test('and the command ends with exit 8', () => assert.equal(refused.code, 8));
});

describe('code that cannot be loaded can be deployed without a check', () => {
  for (const { name, type, says } of FAULTS) {
    test(`and the first invoke of ${name} reports ${type} with exit 5`, async () => {
      const { code, stdout, stderr } = await s.run(['invoke', name]);
      const document = JSON.parse(stdout) as { errorType: string; errorMessage: string };
      assert.equal(document.errorType, type, stdout);
      assert.ok(document.errorMessage.includes(says), stdout);
      assert.equal(code, 5);
      assert.match(stderr, new RegExp(`^the function failed: ${type}$`, 'm'));
    });
  }

  test('the log has the reason', async () => {
    const { stdout } = await s.ok(['logs', 'node-syntax', '-o', 'raw']);
    assert.match(stdout, /Runtime\.UserCodeSyntaxError/);
  });

  test('a corrected version works at once, and a rollback to the broken one is refused', async () => {
    const cwd = s.files('mended', {
      'lam.yaml': 'name: node-syntax\nruntime: nodejs\n',
      'index.mjs': 'export const handler = async () => "mended";',
    });
    await s.ok(['deploy'], { cwd });
    assert.equal((await s.ok(['invoke', 'node-syntax'])).stdout, '"mended"');
    const { code, stderr } = await s.run(['rollback', 'node-syntax']);
    assert.equal(code, 8);
    assert.match(stderr, /hint: .*lam rollback node-syntax v1 --no-verify$/m);
    assert.equal((await s.ok(['invoke', 'node-syntax'])).stdout, '"mended"');
    await s.ok(['rollback', 'node-syntax', '--no-verify']);
    assert.equal((await s.run(['invoke', 'node-syntax'])).code, 5);
  });

  test('no sandbox of it is left', async () => {
    const { sandboxes } = await s.status();
    // The one of the corrected version may be warm.
    assert.ok(sandboxes.starting + sandboxes.busy === 0 && sandboxes.idle <= 1, JSON.stringify(sandboxes));
  });
});
