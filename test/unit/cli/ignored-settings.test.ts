import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderIgnored, type AskedSettings } from '../../../src/cli/render/ignored-settings.ts';
import type { Status } from '../../../src/contract/index.ts';

const RUNNING = {
  port: 8000,
  host: '0.0.0.0',
  driver: 'process',
  allowedHosts: ['a.test'],
  memory: { usedMiB: 0, budgetMiB: 1024 },
} as unknown as Status;
const ASKED: AskedSettings = { home: '/h', port: 9, portExplicit: false, host: undefined, driver: 'auto' };

describe('what a running daemon has otherwise than asked for', () => {
  test('is nothing if nothing else was asked for', () => {
    assert.equal(renderIgnored(ASKED, RUNNING), '');
    const same = { port: 8000, portExplicit: true, host: '0.0.0.0', driver: 'process', memoryMiB: 1024 } as const;
    assert.equal(renderIgnored({ ...ASKED, ...same, allowedHosts: ['a.test'] }, RUNNING), '');
  });

  test('is said with the flags that change it', () => {
    assert.equal(
      renderIgnored({ ...ASKED, driver: 'docker', allowedHosts: ['a.test', '*'], accessLog: 'json' }, RUNNING),
      "it keeps driver process, allowed hosts a.test, no access log; for what was asked: lam restart --driver docker --allow-host '*' --access-log json",
    );
  });

  test("names the port of Glambdar's API", () => {
    const said = (glambdar: 'off' | number, running: 'off' | number | undefined): string =>
      renderIgnored({ ...ASKED, glambdar }, { ...RUNNING, ...(running === undefined ? {} : { glambdar: running }) });
    assert.equal(said(8001, 8001), '');
    assert.equal(said('off', 'off'), '');
    assert.match(said(8001, 'off'), /^it keeps Glambdar's API off; .* lam restart --glambdar 8001$/);
    assert.match(
      renderIgnored({ ...ASKED, miniLambda: 8300 }, RUNNING),
      /^it keeps Mini-Lambda's API off; .* lam restart --mini-lambda 8300$/,
    );
    assert.equal(renderIgnored({ ...ASKED, miniLambda: 'off' }, RUNNING), '');
    assert.match(said('off', undefined), /Glambdar's API without a port of its own; .* lam restart --glambdar off$/);
    assert.match(said('off', 8001), /Glambdar's API on port 8001; /);
  });
});
