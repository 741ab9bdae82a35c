import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import { oneToken } from '../../src/edge/index.ts';
import { edgeHouse } from '../support/edge-house.ts';
import { pythonWith } from '../support/python-tools.ts';

const python = await pythonWith(['schemathesis==4.32.5']);

// `stop` ends the daemon, logs may be followed for ever, and of lam's own type of uploads schemathesis knows nothing.
const LEFT_OUT = ['daemon.stop', 'logs.read', 'audit.read', 'artifacts.upload'];
const CHECKS = [
  ...['not_a_server_error', 'status_code_conformance', 'content_type_conformance'],
  ...['response_schema_conformance', 'negative_data_rejection', 'unsupported_method'],
];

test(
  "schemathesis finds no fault of lam's own API by its document",
  { skip: python === undefined ? 'Python cannot make an environment (Debian: python3-venv)' : false, timeout: 240_000 },
  async () => {
    await using house = await edgeHouse({}, { door: { tokens: oneToken('s3cret') } });
    await house.publish('hello', { schedules: ['every 1h'] });
    const url = `http://127.0.0.1:${house.port}`;
    const folder = await mkdtemp(join(tmpdir(), 'lam-schemathesis-'));
    try {
      const args = [
        ...[
          '-c',
          'import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())',
          'run',
          `${url}/_lam/v1/openapi.json`,
          '--url',
          url,
        ],
        ...['-H', 'Authorization: Bearer s3cret', '--checks', CHECKS.join(','), '--phases', 'coverage,fuzzing'],
        ...['--max-examples', '3', '--seed', '1', '--no-color', '--continue-on-failure', '--warnings', 'off'],
        ...LEFT_OUT.flatMap((id) => ['--exclude-operation-id', id]),
      ];
      const child = spawn(python ?? '', args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
      const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
      assert.equal(child.exitCode, 0, output);
      assert.match(output, /Test cases:\s+\d{3,} generated/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
