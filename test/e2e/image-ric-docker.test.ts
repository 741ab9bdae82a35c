import { CreateFunctionCommand, DeleteFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { keptImagesOf } from './machine.ts';
import { ImageContext, removeImage } from './image-context.ts';
import { http, IS_BINARY, lamSession, NO_DOCKER } from './session.ts';

/** Where Python is, and its parts; undefined without Python and pip. */
function pythonHere(): { readonly program: string; readonly library: string; readonly native: string } | undefined {
  const ask =
    'import os, sys, sysconfig, pip; print(os.path.realpath(sys.executable)); print(sysconfig.get_path("stdlib")); print(sysconfig.get_config_var("DESTSHARED"))';
  try {
    const printed = execFileSync('python3', ['-c', ask], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [program = '', library = '', native = ''] = printed.trim().split('\n');
    return { program, library, native };
  } catch {
    return undefined;
  }
}

const python = pythonHere();
const skip =
  NO_DOCKER !== false
    ? NO_DOCKER
    : IS_BINARY
      ? 'the same image ran in the lane of the built command'
      : python === undefined
        ? 'no python3 with pip on PATH'
        : false;

/** Parts of Python's library that are large, and that no function needs. */
const LEFT_OUT =
  /\/(?:test|tests|__pycache__|site-packages|dist-packages|idlelib|tkinter|ensurepip|lib2to3|config-[^/]*)(?:\/|$)/;

const HANDLER = `import os
print("loading")
def handler(event, context):
    print("greeting", event.get("name"))
    if event.get("fail"):
        raise ValueError("asked to fail")
    return {"hello": event.get("name"), "id": context.aws_request_id, "left": context.get_remaining_time_in_millis() > 0,
            "handler": os.environ["_HANDLER"], "cwd": os.getcwd()}
`;

/** Makes, invokes and deletes a function of the same image by AWS's own client. */
async function bySdk(endpoint: string, image: string): Promise<void> {
  const client = new LambdaClient({
    ...{ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } },
  });
  const FunctionName = 'by-sdk';
  try {
    const made = await client.send(
      new CreateFunctionCommand({
        ...{ FunctionName, Role: 'arn:aws:iam::000000000000:role/test', MemorySize: 256, Timeout: 10 },
        ...{ PackageType: 'Image', Code: { ImageUri: image } },
      }),
    );
    assert.equal(made.PackageType, 'Image');
    const { Payload } = await client.send(new InvokeCommand({ FunctionName, Payload: '{"name":"Grace"}' }));
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString()) as Record<string, unknown>;
    assert.deepEqual([answer['hello'], answer['handler']], ['Grace', 'app.handler']);
  } finally {
    await client.send(new DeleteFunctionCommand({ FunctionName })).catch(ifGone);
    client.destroy();
  }
}

/** It was never made. */
function ifGone(error: unknown): void {
  if ((error as Error).name !== 'ResourceNotFoundException') throw error;
}

describe("an image with AWS's client for Python", { skip, concurrency: false }, () => {
  test('runs unmodified: awslambdaric from PyPI, with its own entry point and command', async (t) => {
    assert.ok(python !== undefined);
    await using s = await lamSession({ driver: 'docker' });
    const tag = `lam-test-${randomBytes(6).toString('hex')}:ric`;
    t.after(() => removeImage(tag));
    const image = new ImageContext(join(s.root, 'image'));
    const root = join(image.folder, 'root');
    cpSync(python.library, join(root, python.library), {
      recursive: true,
      dereference: true,
      filter: (path) => !LEFT_OUT.test(path.slice(python.library.length)),
    });
    const code = join(root, 'var/task');
    execFileSync('python3', ['-m', 'pip', 'install', '--quiet', '--target', code, 'awslambdaric==3.1.1'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const modulesIn = (folder: string): readonly string[] =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.so'))
        .map((name) => join(folder, name));
    image
      .programs(python.program, ...modulesIn(python.native))
      .libraries(...modulesIn(code))
      .file('/var/task/app.py', HANDLER)
      .dockerfile('WORKDIR /var/task', `ENTRYPOINT ["${python.program}", "-m", "awslambdaric"]`, 'CMD ["app.handler"]')
      .build(tag);
    const cwd = s.files('ric', { 'lam.yaml': `name: ric\nruntime: image\nimage: ${tag}\nmemory: 256\ntimeout: 10\n` });
    try {
      await s.ok(['deploy'], { cwd, limitMs: 120_000 });
      const { id, ...answer } = JSON.parse((await s.ok(['invoke', 'ric', '-d', '{"name":"Ada"}'])).stdout) as Record<
        string,
        unknown
      >;
      assert.deepEqual(answer, { hello: 'Ada', left: true, handler: 'app.handler', cwd: '/var/task' });
      assert.match(String(id), /^[0-9a-f-]{36}$/);
      const failed = await s.run(['invoke', 'ric', '-d', '{"fail":true}']);
      assert.equal(failed.code, 5);
      assert.match(failed.stdout + failed.stderr, /ValueError/);
      assert.match((await s.ok(['logs', 'ric', '--output', 'raw'])).stdout, /loading\n[^]*greeting Ada\n/);
      const over = await http(`${s.url}/ric`);
      assert.equal(over.status, 200);
      await bySdk(s.url, tag);
    } finally {
      await s.ok(['delete', 'ric', '-y']);
      await s.ok(['gc', '--yes']);
      assert.deepEqual(await keptImagesOf(s), []);
    }
  });
});
