import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { logHouse, recordsOf } from '../../support/log-house.ts';
import { asSandboxId, asRequestId, asFunctionName, asVersion } from '../../support/ids.ts';

test('logs that cannot be read are reported with the message of SQLite', async () => {
  await using house = await logHouse();
  house.logs.append(
    asFunctionName('f'),
    { version: asVersion(1), sandbox: asSandboxId('aa') },
    'stdout',
    'line',
    asRequestId('r'),
    1,
  );
  assert.equal((await recordsOf(house.logs, 'f')).length, 1);
  const other = new DatabaseSync(house.file);
  other.exec('DROP TABLE chunks');
  other.close();
  await assert.rejects(recordsOf(house.logs, 'f'), { code: 'LAM_LOGS_READ_FAILED', message: /no such table/ });
  await assert.rejects(house.logs.delete(asFunctionName('f')), { code: 'LAM_LOGS_READ_FAILED' });
});
