import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertAnswer, holds, type Received } from '../api/aws-recorded/compare.ts';
import { RECORDED_RUNS, RUN_CODE, RUN_PROJECT, type RecordedRun } from '../api/aws-recorded/runs.ts';
import { http, IS_BINARY, lamSession, type LamSession } from './session.ts';

describe('of the behaviours that AWS was recorded with, those of running functions', { skip: IS_BINARY }, () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession({ driver: 'process' });
    s.files('.', { ...RUN_CODE, 'lam.yaml': RUN_PROJECT });
    await s.ok(['deploy']);
  });
  after(() => s[Symbol.asyncDispose]());

  async function answerTo({ call, event = {}, headers = {} }: RecordedRun): Promise<Received> {
    const url = `${s.url}/2015-03-31/functions/${call}/invocations`;
    const answer = await http(url, { method: 'POST', body: JSON.stringify(event), headers: { ...headers } });
    const told = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
    const tail = Buffer.from(String(answer.headers['x-amz-log-result'] ?? ''), 'base64').toString();
    return {
      status: answer.status,
      headers: { ...Object.fromEntries(told), 'x-amz-log-result-text': tail },
      text: answer.body.toString(),
    };
  }

  for (const row of RECORDED_RUNS)
    test(row.differs === undefined ? row.what : `${row.what} (differs: ${row.differs.why})`, async () => {
      const answer = await answerTo(row);
      assertAnswer(answer, row.differs?.here ?? row.aws);
      if (row.differs !== undefined) assert.equal(holds(answer, row.aws), false, 'it no longer differs');
    });
});
