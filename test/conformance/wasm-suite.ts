import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ECHO, EXIT, op, prints, wasmModule, WRITE, type WasmSource } from '../support/wasm-module.ts';
import {
  Booted,
  codeIn,
  errorOf,
  hooksOf,
  initOf,
  specOf,
  type BootOptions,
  type DriverRig,
  type Logged,
} from './driver-rig.ts';

/** Boots a sandbox of the module, written into a folder of its own. */
async function bootModule(rig: DriverRig, bytes: Uint8Array, options: BootOptions = {}): Promise<Booted> {
  const code = join(codeIn(rig.home), crypto.randomUUID());
  await mkdir(code, { mode: 0o755 });
  await writeFile(join(code, 'main.wasm'), bytes, { mode: 0o644 });
  const logs: Logged[] = [];
  const sandbox = await rig.driver.create(specOf('wasm', code, options), hooksOf(logs, options));
  const request = initOf('wasm', sandbox.taskRoot, options);
  return new Booted(sandbox, await sandbox.session.init(request, 10_000), logs);
}

/** WASI commands: the contract of programs, in a machine without files and network. */
export function wasiCommands(rig: () => DriverRig): void {
  const boot = (source: WasmSource, options?: BootOptions): Promise<Booted> =>
    bootModule(rig(), wasmModule(source), options);

  test('wasm: answers with what the command prints, in a new instance each time', async () => {
    await using booted = await boot(ECHO);
    assert.equal(booted.init.kind, 'ready', JSON.stringify(booted.init));
    for (const event of ['\u00fcnic\u00f6de \u{1f600}', { a: [1, null] }, 'x'.repeat(50_000)])
      assert.deepEqual(await booted.json(event), event);
    await using again = await boot(ECHO, { concurrency: 3 });
    assert.deepEqual(await Promise.all([1, 2, 3].map((n) => again.json(n))), [1, 2, 3]);
  });

  test('wasm: stderr is the log, and with an exit status the message', async () => {
    const data = 'gone wrong\n';
    await using booted = await boot({
      imports: [WRITE, EXIT],
      data,
      code: [...prints(data, 2), op.i32(7), op.call(1)],
    });
    const requestId = '6f7e4a3c-0000-4000-8000-000000000003' as never;
    assert.deepEqual(errorOf(await booted.invoke({}, { requestId })), {
      errorType: 'Runtime.ExitError',
      errorMessage: 'gone wrong',
      exitStatus: 7,
    });
    assert.deepEqual(booted.logs[0], { stream: 'stderr', text: 'gone wrong', requestId });
  });

  test('wasm: a trap is an error that names it, and the sandbox serves on', async () => {
    for (const [code, reason] of [
      [[op.unreachable], /trapped: unreachable/],
      [[op.i32(1), op.i32(0), op.divide, op.drop], /trapped: divide by zero/],
      [[op.i32(0x7fffff0), op.load(0), op.drop], /trapped: memory access out of bounds/],
    ] as const) {
      await using booted = await boot({ code });
      for (let round = 0; round < 2; round += 1) {
        const document = errorOf(await booted.invoke({}));
        assert.equal(document['errorType'], 'Runtime.WasmTrap');
        assert.match(String(document['errorMessage']), reason);
      }
    }
  });

  test('wasm: memory ends at the limit of the function', async () => {
    // Traps unless growing fails: by 64 MiB twice.
    const grows = [
      op.i32(1024),
      op.grow,
      op.drop,
      op.i32(1),
      op.i32(1024),
      op.grow,
      op.i32(1),
      0x6a,
      op.divide,
      op.drop,
    ];
    await using small = await boot({ code: grows }, { memoryMiB: 96 });
    assert.match(String(errorOf(await small.invoke({}))['errorMessage']), /divide by zero/);
    await using large = await boot({ code: grows }, { memoryMiB: 512 });
    assert.equal(await large.json({}), null);
  });

  test('wasm: a module that asks for 4 GB is refused with the reason, and one that takes all it can ends alone', async () => {
    for (const [source, wanted] of [
      [{ pages: 65_536, code: [] }, 4096],
      [{ hugePages: 131_072, code: [] }, 8193],
    ] as const) {
      await using booted = await boot(source, { memoryMiB: 128 });
      const document = errorOf(booted.init);
      assert.equal(document['errorType'], 'Runtime.OutOfMemory');
      assert.match(
        String(document['errorMessage']),
        new RegExp(`begins with ${wanted} MiB of memory, and its function has 128 MiB`),
      );
    }
    // Writes to each page of memory that it grows by, until it cannot grow.
    const page = [op.i32(1), op.grow, op.i32(65_536), op.multiply, op.i32(1), op.store(0)];
    await using booted = await boot(
      { code: [op.loop, ...page, op.again, op.end] },
      { memoryMiB: 128, timeoutMs: 30_000 },
    );
    const outcome = await booted.invoke({});
    const isTrap = outcome.kind === 'error' && outcome.errorType === 'Runtime.WasmTrap';
    assert.ok(isTrap || (outcome.kind === 'exit' && outcome.exit.outOfMemory), JSON.stringify(outcome));
    await using next = await boot(ECHO, { memoryMiB: 128 });
    assert.equal(await next.json(1), 1);
  });

  test('wasm: ends a command that prints without end, and one that never ends at its time-out', async () => {
    const data = 'x'.repeat(1000);
    const endless = [op.loop, ...prints(data, 1), op.again, op.end];
    await using booted = await boot({ imports: [WRITE], data, code: endless });
    assert.equal((await booted.invoke({})).kind, 'too-large');
    await using busy = await boot({ code: [op.loop, op.again, op.end] }, { timeoutMs: 300 });
    assert.deepEqual(await busy.invoke({}), { kind: 'timeout' });
  });

  test('wasm: what is no command of WASI preview 1 fails init with the reason', async () => {
    const component = Buffer.from(wasmModule(ECHO));
    component.writeUInt32LE(0x1000d, 4);
    const broken = wasmModule(ECHO).subarray(0, 60);
    for (const [bytes, why] of [
      [
        wasmModule({ imports: [['env', 'log', 'one']], code: [] }),
        /it imports the function env\.log, which lam does not provide/,
      ],
      [
        wasmModule({ imports: [['wasi_snapshot_preview1', 'fd_teleport', 'one']], code: [] }),
        /imports the function wasi_snapshot_preview1\.fd_teleport/,
      ],
      [wasmModule({ exports: ['run'], code: [] }), /it exports no function _start/],
      [Buffer.from('#!/bin/sh\n'), /main\.wasm is not a WebAssembly file/],
      [component, /a component of WASI preview 2; build it for preview 1/],
      [broken, /is not a WASI command: .*extends past end/],
    ] as const) {
      await using booted = await bootModule(rig(), bytes);
      const document = errorOf(booted.init);
      assert.equal(document['errorType'], 'Runtime.InvalidEntrypoint');
      assert.match(String(document['errorMessage']), why);
    }
    await using missing = await bootModule(rig(), wasmModule(ECHO), { handler: 'other.wasm' });
    assert.match(String(errorOf(missing.init)['errorMessage']), /ENOENT.*other\.wasm/);
  });
}
