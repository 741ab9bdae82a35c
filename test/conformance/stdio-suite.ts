import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ARN, errorOf, eventually, isAlive, pidsOf, type Boot, type DriverRig } from './driver-rig.ts';

/** The contract of programs: one process per invocation, the event on stdin, the result on stdout. */
export function programs(boot: Boot, rig: () => DriverRig): void {
  test('stdio: answers with the JSON it prints, with text as a string and with nothing as null', async () => {
    await using booted = await boot('stdio');
    assert.equal(booted.init.kind, 'ready', JSON.stringify(booted.init));
    assert.equal(await booted.text('echo \u00fcnic\u00f6de \u{1f600}'), '"echo \u00fcnic\u00f6de \u{1f600}"');
    assert.equal(await booted.json('text'), 'plain text, not JSON');
    assert.equal(await booted.json('lines'), 'one\ntwo\n');
    assert.equal(await booted.json('nothing'), null);
    const binary = errorOf(await booted.invoke('binary'));
    assert.equal(binary['errorType'], 'Runtime.InvalidOutput');
    assert.match(String(binary['errorMessage']), /neither JSON nor UTF-8 text.*isBase64Encoded/);
  });

  test('stdio: what it prints is one string to the character where that is asked for', async () => {
    await using booted = await boot('stdio');
    const over = { verbatim: true };
    assert.equal(await booted.json('text', over), 'plain text, not JSON\n');
    assert.equal(await booted.json('lines', over), 'one\ntwo\n\n');
    assert.equal(await booted.json('nothing', over), '');
    assert.equal(await booted.json('echo \u00fc', over), '"echo \u00fc"\n');
    assert.equal(await booted.json('binary', over), '\ufffd\ufffd');
    assert.equal(errorOf(await booted.invoke('fail', over))['errorMessage'], 'what went wrong');
  });

  test('stdio: over HTTP text is text, other bytes are bytes, and JSON is left to the rules of HTTP', async () => {
    await using booted = await boot('stdio');
    const over = { http: true };
    const text = await booted.json('text', over);
    assert.deepEqual(text, {
      statusCode: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      isBase64Encoded: false,
      body: 'plain text, not JSON',
    });
    const binary = (await booted.json('binary', over)) as Record<string, unknown>;
    assert.deepEqual(binary['headers'], { 'content-type': 'application/octet-stream' });
    assert.deepEqual([...Buffer.from(String(binary['body']), 'base64')], [255, 254]);
    assert.equal(((await booted.json('nothing', over)) as Record<string, unknown>)['body'], '');
    assert.equal(await booted.json('echo on', over), 'echo on');
  });

  test('stdio: passes large events, to programs that do not read them too', async () => {
    await using booted = await boot('stdio');
    const large = 'x'.repeat(5_000_000);
    assert.equal(await booted.json(large), large.length + 2);
    await using deaf = await boot('stdio', { handler: './deaf' });
    for (const event of [large, 'small']) assert.equal(await deaf.json(event), 'deaf');
  });

  test('stdio: passes arguments of the handler', async () => {
    await using booted = await boot('stdio', { handler: `./main 'a b' c` });
    assert.deepEqual(await booted.json({}), { arguments: 2, first: 'a b' });
  });

  test('stdio: an exit status other than 0 is an error with stderr as its message', async () => {
    await using booted = await boot('stdio');
    assert.deepEqual(errorOf(await booted.invoke('fail')), {
      errorType: 'Runtime.ExitError',
      errorMessage: 'what went wrong',
      exitStatus: 3,
    });
    assert.equal(errorOf(await booted.invoke('fail quietly'))['errorMessage'], 'exit status 4');
    const killed = errorOf(await booted.invoke('signal'));
    assert.deepEqual(
      [killed['errorMessage'], killed['signal'], killed['errorType']],
      ['signal: segmentation fault', 'SIGSEGV', 'Runtime.ExitError'],
    );
    assert.equal(await booted.json('echo on'), 'echo on');
  });

  test('stdio: lines on stderr are logs of their invocation, also through /dev/stderr', async () => {
    await using booted = await boot('stdio');
    const requestId = '6f7e4a3c-0000-4000-8000-000000000001' as never;
    assert.equal(await booted.json('log', { requestId }), 'logged');
    assert.deepEqual(
      booted.logs.map(({ stream, text, requestId: id }) => [stream, text, id]),
      ['one', 'two', 'no line break'].map((text) => ['stderr', text, requestId]),
    );
  });

  test("stdio: gives the program its environment, and nothing of lam's", async () => {
    await using booted = await boot('stdio', { environment: { GREETING: 'hello' } });
    const requestId = '6f7e4a3c-0000-4000-8000-000000000002' as never;
    const seen = (await booted.json('where', { requestId, deadlineMs: 1234 })) as Record<string, unknown>;
    assert.deepEqual(
      [seen['id'], seen['deadline'], seen['arn'], seen['greeting'], seen['lam'], seen['node']],
      [requestId, 1234, ARN, 'hello', '', ''],
    );
    assert.equal(seen['pwd'], booted.sandbox.taskRoot);
    assert.match(String(seen['trace']), /^Root=1-/);
  });

  test('stdio: ends a program that prints more than an answer may have', async () => {
    await using booted = await boot('stdio');
    const outcome = await booted.invoke('much');
    assert.equal(outcome.kind, 'too-large');
    assert.equal(await booted.json('survived'), false);
  });

  test('stdio: a time-out ends the whole tree', async () => {
    await using booted = await boot('stdio', { timeoutMs: 300 });
    const outcome = booted.invoke('sleep');
    assert.deepEqual(await outcome, { kind: 'timeout' });
    const pids = rig().subject.name === 'docker' ? [] : await pidsOf(rig().home, booted.sandbox.id);
    await booted.sandbox.destroy();
    assert.ok(await eventually(() => !pids.some(isAlive)));
  });

  test('stdio: processes that the program left end with its invocation, and may print until then', async () => {
    await using booted = await boot('stdio');
    assert.equal(await booted.json('tail'), 'late');
    for (let round = 0; round < 3; round += 1) {
      assert.equal(await booted.json('child'), 'left');
      assert.equal(await booted.json('escaped'), 'left');
    }
    assert.equal(await booted.json('echo clean'), 'echo clean');
  });

  test('stdio: a program that exceeds the memory limit is ended, and the next one runs', async () => {
    await using booted = await boot('stdio', { memoryMiB: 128, timeoutMs: 30_000 });
    const outcome = await booted.invoke('memory');
    // Without a control group the watch ends the whole sandbox.
    if (outcome.kind === 'exit') {
      assert.equal(outcome.exit.outOfMemory, true);
      return;
    }
    assert.equal(errorOf(outcome)['errorType'], 'Runtime.OutOfMemory');
    assert.equal(await booted.json('echo on'), 'echo on');
  });

  test('stdio: runs as many at once as its concurrency allows', async () => {
    await using booted = await boot('stdio', { concurrency: 4 });
    const began = performance.now();
    const answers = await Promise.all([1, 2, 3, 4].map(() => booted.json('nap')));
    assert.deepEqual(answers, ['napped', 'napped', 'napped', 'napped']);
    assert.ok(performance.now() - began < 1100, 'they ran one after another');
  });

  test('stdio: a handler that cannot be started fails init with the reason', async () => {
    for (const [handler, why] of [
      ['nothing-here', /there is no file .*nothing-here/],
      ['/usr', /\/usr is not a file/],
      ['/etc/passwd', /\/etc\/passwd is not executable/],
    ] as const) {
      await using booted = await boot('stdio', { handler });
      const document = errorOf(booted.init);
      assert.equal(document['errorType'], 'Runtime.InvalidEntrypoint');
      assert.match(String(document['errorMessage']), why);
    }
  });
}
