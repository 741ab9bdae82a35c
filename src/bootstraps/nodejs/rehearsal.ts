import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { encodeFrame, FRAME, FrameDecoder, MAX_FRAME_BYTES, type InitRequest } from '../../executor/frames.ts';
import { Bootstrap } from '../javascript/bootstrap.ts';

/** Invocations of the rehearsal: after two, V8 has compiled what a call needs. */
const INVOCATIONS = 2;
const SOURCE = 'exports.handler = async (event) => event;';
const CONTEXT = { requestId: '', deadlineMs: 0, functionArn: '', traceId: '' };

/**
 * Runs an empty function from init to answer and discards what it sends, so that everything loaded and compiled on
 * first use is ready before the stem is bound: that halves the time from init to the first answer. Restores the state
 * of the process. Never yields to the event loop, so that no frame of the daemon is read in between.
 */
export async function rehearse(): Promise<void> {
  const cwd = process.cwd();
  const environment = { ...process.env };
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(process.env['TMPDIR'] ?? '/tmp', '.lam-'));
    const file = join(folder, 'index.cjs');
    writeFileSync(file, SOURCE);
    await play(folder);
    delete createRequire(file).cache[file];
  } catch {
    // No space for a file: the first function starts without a rehearsal.
  } finally {
    process.chdir(cwd);
    Reflect.deleteProperty(globalThis, 'awslambda');
    for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
    Object.assign(process.env, environment);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function play(taskRoot: string): Promise<void> {
  let answered = (): void => undefined;
  const send = (): void => answered();
  const decoder = new FrameDecoder(
    new Bootstrap({ send, ref: () => undefined, unref: () => undefined }, { interpreter: '' }),
    MAX_FRAME_BYTES,
  );
  const frames = [encodeFrame(FRAME.init, 0, JSON.stringify(initOf(taskRoot)))];
  for (let i = 1; i <= INVOCATIONS; i++) frames.push(encodeFrame(FRAME.invoke, i, JSON.stringify(CONTEXT), '{}'));
  for (const frame of frames) {
    await new Promise<void>((resolve) => {
      answered = resolve;
      decoder.push(frame);
    });
  }
}

function initOf(taskRoot: string): Readonly<Record<keyof InitRequest, unknown>> {
  return {
    ...{
      functionName: '',
      version: 0,
      functionArn: '',
      handler: 'index.handler',
      taskRoot,
      memoryMiB: 0,
      timeoutMs: 0,
    },
    ...{ logGroup: '', logStream: '', concurrency: 1, wantStartupCache: false, environment: {} },
  };
}
