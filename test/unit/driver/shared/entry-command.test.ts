import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryCommand } from '../../../../src/driver/shared/entry-command.ts';
import { DESCRIPTORS, type EntryPoint } from '../../../../src/runtimes/index.ts';

const AT = {
  interpreter: ['/usr/bin/x', 'first'],
  assets: '/lam',
  taskRoot: '/var/task',
  handler: '',
  memoryMiB: 256,
  archive: null,
};

test('an executable of the artifact is started by itself', () => {
  assert.deepEqual(entryCommand(DESCRIPTORS.provided.entry, AT), ['/var/task/bootstrap']);
});

test('an interpreter runs the client that lam brings', () => {
  assert.deepEqual(entryCommand(DESCRIPTORS.nodejs.entry, AT), ['/usr/bin/x', 'first', '/lam/bootstrap-nodejs.cjs']);
  const python = ['-I', '-S', '-B', '-X', 'utf8', '/lam/bootstrap-python3/main.py'];
  assert.deepEqual(entryCommand(DESCRIPTORS.python3.entry, AT), ['/usr/bin/x', 'first', ...python]);
});

test('an interpreter runs the client that the artifact brings', () => {
  const { entry } = DESCRIPTORS.python3;
  assert.ok(entry.kind === 'interpreter');
  const official: EntryPoint = {
    ...entry,
    client: null,
    arguments: ({ client, taskRoot }) => ['-m', 'awslambdaric', `${taskRoot}/vendor`, client],
  };
  assert.deepEqual(entryCommand(official, AT), ['/usr/bin/x', 'first', '-m', 'awslambdaric', '/var/task/vendor', '']);
});
