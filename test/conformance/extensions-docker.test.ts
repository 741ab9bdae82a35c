import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { probeDocker } from '../../src/driver/docker/index.ts';
import { codeIn, DriverRig } from './driver-rig.ts';
import { extensionsConformance } from './extensions-suite.ts';

const probe = await probeDocker();
if (probe.ok) {
  const subject = { name: 'docker', socketPath: probe.socketPath } as const;
  extensionsConformance(subject);

  test('sandbox.localdomain is the container itself, also without a network', async () => {
    await using rig = await DriverRig.make(subject);
    const layers = join(codeIn(rig.home), 'layer-probe');
    await using booted = await rig.boot('provided', {
      fixture: 'provided-quick',
      layers,
      environment: { PROBE: 'names' },
    });
    assert.ok(
      booted.logs.some(({ text }) => text === 'name 127.0.0.1'),
      JSON.stringify(booted.logs),
    );
  });
}
