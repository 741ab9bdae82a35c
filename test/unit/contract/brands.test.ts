import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  digestOf,
  isDigest,
  isNodeId,
  isTraceId,
  newNodeId,
  newSandboxId,
  type Digest,
  type NodeId,
  type RequestId,
  type SandboxId,
  type TraceId,
  isFunctionName,
  type FunctionName,
  isAliasName,
  isQualifier,
  LATEST,
  versionQualifier,
  isVersionNumber,
  nextVersionNumber,
  parseVersionNumber,
  type AliasName,
  type Qualifier,
  type FunctionConfig,
  type LogRecord,
  type RollbackAnswer,
  type VersionNumber,
} from '../../../src/contract/index.ts';
import { createHash } from 'node:crypto';
import {
  asRequestId,
  asSandboxId,
  asTraceId,
  digestFor,
  nodeId,
  asFunctionName,
  asAlias,
  asVersion,
} from '../../support/ids.ts';

/** What the compiler is to refuse; never called. */
function refusedByTheCompiler(): void {
  const traced = (_requestId: RequestId, _traceId: TraceId): void => undefined;
  // @ts-expect-error -- request id and trace id are swapped
  traced(asTraceId('t'), asRequestId('r'));
  const called = (_name: FunctionName, _requestId: RequestId): void => undefined;
  // @ts-expect-error -- name and request id are swapped
  called(asRequestId('r'), asFunctionName('f'));
  // @ts-expect-error -- a bare text is no function's name
  called('f', asRequestId('r'));
  const pointed = (_name: FunctionName, _alias: AliasName): void => undefined;
  // @ts-expect-error -- name and alias are swapped
  pointed(asAlias('prod'), asFunctionName('f'));
  const asked = (_qualifier: Qualifier): void => undefined;
  asked(asAlias('prod'));
  // @ts-expect-error -- a function's name is no qualifier
  asked(asFunctionName('f'));
  const placed = (_sandbox: SandboxId, _node: NodeId): void => undefined;
  // @ts-expect-error -- sandbox and node are swapped
  placed(nodeId('0123456789ab'), asSandboxId('s'));
  const stored = (_digest: Digest): void => undefined;
  // @ts-expect-error -- a path is no digest
  stored('/code');
  // @ts-expect-error -- a text that merely looks like a digest has not been checked
  stored('a'.repeat(64));
}

/** What the compiler is to refuse of version numbers; never called. */
function refusedAsVersions(config: FunctionConfig, record: LogRecord, answer: RollbackAnswer): void {
  const provisioned = (_version: VersionNumber, _concurrency: number): void => undefined;
  provisioned(record.version, config.concurrency);
  // @ts-expect-error -- version and concurrency are swapped
  provisioned(config.concurrency, record.version);
  const ran = (_version: VersionNumber): void => undefined;
  for (const version of [record.version, answer.from, answer.to]) ran(version);
  // @ts-expect-error -- a time is no version
  ran(record.time);
  // @ts-expect-error -- a number of sandboxes is no version
  ran(answer.warm);
  // @ts-expect-error -- a bare number has not been checked
  ran(1);
  // @ts-expect-error -- the sum of a version and a number is any number
  ran(answer.to + 1);
  // @ts-expect-error -- a version's digits are no number
  ran(versionQualifier(answer.to));
  // @ts-expect-error -- only a version's number becomes a qualifier
  versionQualifier(config.concurrency);
}

describe('a brand', () => {
  test('is refused by the compiler in place of another, and costs nothing at run time', () => {
    assert.equal(typeof refusedByTheCompiler, 'function');
    assert.equal(typeof refusedAsVersions, 'function');
    assert.equal(typeof digestFor('a'), 'string');
    assert.equal(typeof asVersion(1), 'number');
  });

  test('of a digest requires 64 lower-case hexadecimal digits', () => {
    assert.ok(isDigest(digestOf(createHash('sha256').update('x'))));
    for (const text of ['', 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), `${'a'.repeat(64)}\n`])
      assert.ok(!isDigest(text), JSON.stringify(text));
  });

  test('of a node accepts new node ids, and not the id of a sandbox', () => {
    assert.ok(isNodeId(newNodeId()));
    assert.ok(!isNodeId(newSandboxId()));
    assert.match(newSandboxId(), /^[0-9a-f]{32}$/);
  });

  test('of a function name requires 1 to 64 letters, digits, - and _', () => {
    for (const text of ['a', '0', 'a-b_C', 'a'.repeat(64)]) assert.ok(isFunctionName(text), text);
    for (const text of ['', 'a'.repeat(65), 'a.b', 'a b', 'ä', 'a\n'])
      assert.ok(!isFunctionName(text), JSON.stringify(text));
  });

  test('of a qualifier fits version numbers and aliases, that of an alias no number', () => {
    assert.ok(isQualifier(versionQualifier(asVersion(3))) && !isAliasName(versionQualifier(asVersion(3))));
    for (const text of ['prod', 'v3', '1a']) assert.ok(isAliasName(text) && isQualifier(text), text);
    for (const text of ['', '0', '01', '1.5', 'a.b', LATEST]) assert.ok(!isQualifier(text), JSON.stringify(text));
  });

  test('of a version number requires a positive integer', () => {
    for (const number of [1, 2, 70_000]) assert.ok(isVersionNumber(number), `${number}`);
    for (const number of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 53]) assert.ok(!isVersionNumber(number), `${number}`);
    assert.equal(parseVersionNumber('12'), 12);
    for (const text of ['', '0', '01', '-1', '1.5', '1e3', 'v1', ' 1', '1\n', '9'.repeat(10)])
      assert.equal(parseVersionNumber(text), undefined, JSON.stringify(text));
  });

  test('of a version number counts from 1', () => {
    const first = nextVersionNumber(undefined);
    assert.deepEqual([first, nextVersionNumber(first)], [1, 2]);
  });

  test('of a trace header requires at most 512 visible characters', () => {
    assert.ok(isTraceId('Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'));
    for (const text of ['', ' a', 'a ', 'a\nb', 'a'.repeat(513)]) assert.ok(!isTraceId(text), JSON.stringify(text));
  });
});
