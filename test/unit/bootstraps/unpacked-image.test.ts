import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { LoadFault } from '../../../src/bootstraps/program/host.ts';
import { unpackedCommand } from '../../../src/bootstraps/stdio/unpacked-image.ts';
import type { Command } from '../../../src/bootstraps/stdio/started-command.ts';
import { UNPACKED_FILE, type UnpackedImage } from '../../../src/runtimes/index.ts';

describe('the command of an unpacked image', () => {
  const folders: string[] = [];
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  /** Lays out an image with these files. */
  const imageOf = (image: Partial<UnpackedImage>, files: readonly string[] = []): string => {
    const root = mkdtempSync(join(tmpdir(), 'lam-unpacked-'));
    folders.push(root);
    const whole = { id: '', architecture: '', entryPoint: [], command: [], workingDirectory: '/', environment: {} };
    for (const path of [...files, UNPACKED_FILE]) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), path === UNPACKED_FILE ? JSON.stringify({ ...whole, ...image }) : '');
    }
    return root;
  };
  /** The command, with `@` for the folder of the image. */
  const commandOf = (image: Partial<UnpackedImage>, files: readonly string[] = []): Command => {
    const root = imageOf(image, files);
    return JSON.parse(JSON.stringify(unpackedCommand(root)).replaceAll(root, '@')) as Command;
  };

  test('runs interpreters of this machine, whatever the image has in its system folders', () => {
    const files = ['usr/local/bin/sh', 'bin/sh', 'app/x.sh'];
    for (const name of ['sh', '/bin/sh', '/usr/bin/sh', '/usr/local/bin/sh', 'ash'])
      assert.match(commandOf({ command: [name, '-c', 'true'] }, files).program, /^\/(?:usr\/)?bin\/(?:da)?sh$/, name);
    // In a folder of its own it is a program of the image.
    assert.equal(commandOf({ command: ['/opt/tool/sh'] }, ['opt/tool/sh']).program, '@/opt/tool/sh');
  });

  test('takes other programs from the image: by path, from its PATH, and from the working folder', () => {
    const files = ['usr/local/bin/serve', 'app/run', 'srv/one'];
    const environment = { PATH: '/usr/local/sbin:/usr/local/bin' };
    assert.equal(commandOf({ entryPoint: ['serve'], environment }, files).program, '@/usr/local/bin/serve');
    assert.equal(commandOf({ entryPoint: ['/app/run'] }, files).program, '@/app/run');
    assert.equal(commandOf({ command: ['./one'], workingDirectory: '/srv' }, files).program, '@/srv/one');
  });

  test('paths of the image, as words and in variables, are those of its folder', () => {
    const { program, ...rest } = commandOf(
      {
        entryPoint: ['sh', '/app/main.sh'],
        command: ['/etc/passwd', '--at=/app', 'app'],
        workingDirectory: '/app',
        environment: {
          LIB: '/app/lib:/nowhere',
          PATH: '/x',
          HOME: '/root',
          LAM_TOKEN: 'x',
          AWS_REGION: 'x',
          GREETING: 'a:b',
        },
      },
      ['app/main.sh', 'app/lib/one'],
    );
    assert.match(program, /sh$/);
    const { PATH: path, ...environment } = rest.environment;
    assert.notEqual(path, '/x');
    assert.deepEqual(
      { ...rest, environment },
      {
        arguments: ['@/app/main.sh', '/etc/passwd', '--at=/app', 'app'],
        directory: '@/app',
        environment: { LIB: '@/app/lib:/nowhere', GREETING: 'a:b' },
      },
    );
    assert.equal(commandOf({ command: ['sh'], workingDirectory: '/was/empty' }).directory, '@');
  });

  test('Python finds what pip installed in the image, and node is there', () => {
    const packages = 'usr/local/lib/python3.9/site-packages';
    const image = { command: ['python3.9', 'x.py'], environment: { PYTHONPATH: '/app' } };
    const found = commandOf(image, [`${packages}/one.py`, 'app/x.py']);
    assert.equal(found.environment['PYTHONPATH'], `@/app:@/${packages}`);
    assert.match(basename(found.program), /^python3/);
    assert.equal(basename(commandOf({ command: ['node', 'x.js'] }).program), 'node');
  });

  test('says what it starts that this machine does not have', () => {
    const refused = (image: Partial<UnpackedImage>, message: RegExp): void => {
      assert.throws(
        () => unpackedCommand(imageOf(image)),
        (error) =>
          error instanceof LoadFault && error.errorType === 'Runtime.InvalidEntrypoint' && message.test(error.message),
      );
    };
    refused(
      { command: ['lam-no-such-program'] },
      /starts 'lam-no-such-program', and without Docker this machine's own/,
    );
    refused({}, /neither an entry point nor a command/);
  });
});
