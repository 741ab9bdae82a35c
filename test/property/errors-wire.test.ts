import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sampleData } from '../../scripts/errors-doc.ts';
import { DEFAULT_CONFIG } from '../../src/contract/index.ts';
import {
  asLamError,
  CATALOGUE,
  fromWire,
  LamError,
  lamError,
  printable,
  toWire,
  type ErrorCode,
  type WireError,
} from '../../src/errors/index.ts';
import { TRIGGER_KINDS } from '../../src/triggers/index.ts';
import { parseProject } from '../../src/project/index.ts';
import { checkConfig } from '../../src/registry/config.ts';
import { asFunctionName } from '../support/ids.ts';

/** Characters that control a terminal or reorder text, except line break and tab. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const DANGEROUS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

const codes = Object.keys(CATALOGUE) as ErrorCode[];
const anyCode = fc.constantFrom(...codes);
const nasty = fc.string({ unit: 'binary', maxLength: 80 });
const details = fc.dictionary(
  fc.string({ maxLength: 12 }).filter((key) => key !== '__proto__'),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 5 },
);

/** Through JSON, as on the control socket. */
const overTheWire = (error: LamError): LamError => fromWire(JSON.parse(JSON.stringify(toWire(error))) as WireError);

/** The error of a refused call on the wire, or undefined if it was not refused. */
async function refusalOf(call: () => unknown): Promise<WireError | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return toWire(asLamError(error));
  }
}

describe('any error of lam', () => {
  test('survives the wire: code, texts, data, kind and exit code', () => {
    fc.assert(
      fc.property(anyCode, nasty, fc.option(nasty, { nil: undefined }), details, (code, message, hint, data) => {
        const plain = JSON.parse(JSON.stringify(data)) as Record<string, unknown>;
        const sent = new LamError(code, {
          message: printable(message),
          hint: hint === undefined ? undefined : printable(hint),
          details: plain,
        });
        const got = overTheWire(sent);
        assert.deepEqual(
          [got.code, got.message, got.hint, got.details, got.kind, got.exitCode, got.httpStatus],
          [sent.code, sent.message, sent.hint, sent.details, sent.kind, sent.exitCode, sent.httpStatus],
        );
      }),
    );
  });

  test('never shows a control character, with any values', () => {
    fc.assert(
      fc.property(anyCode, nasty, (code, text) => {
        const error = lamError(
          code,
          sampleData('', () => text),
        );
        assert.doesNotMatch(`${error.message}${error.hint ?? ''}`, DANGEROUS);
      }),
    );
  });

  test('never shows a control character that a foreign daemon put on the wire', () => {
    fc.assert(
      fc.property(fc.oneof(anyCode, nasty), nasty, nasty, (code, message, hint) => {
        const error = fromWire({ code, message, hint });
        assert.doesNotMatch(`${error.message}${error.hint ?? ''}`, DANGEROUS);
      }),
    );
  });

  test('never shows the value of an environment variable that was refused', async () => {
    const secret = fc
      .string({ minLength: 12, maxLength: 24, unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f') })
      .map((s) => `zQ${s}Qz`);
    const badKey = fc.constantFrom('9LIVES', 'A-B', 'AWS_REGION', '_HANDLER', 'GOOD');
    const spoil = fc.constantFrom('', '\0', 'x'.repeat(5000));
    await fc.assert(
      fc.asyncProperty(badKey, secret, spoil, async (key, value, more) => {
        const environment = { [key]: value + more };
        const yaml = `name: hello\nruntime: nodejs\nenvironment:\n  ${key}: [${value}]\n  ${key}: ${value}\n`;
        const refusals = [
          await refusalOf(() =>
            checkConfig(asFunctionName('hello'), { ...DEFAULT_CONFIG, environment }, TRIGGER_KINDS),
          ),
          await refusalOf(() => parseProject(yaml, '/nowhere/lam.yaml')),
        ];
        for (const refusal of refusals)
          assert.ok(!JSON.stringify(refusal ?? null).includes(value), JSON.stringify(refusal));
      }),
      { numRuns: 50 },
    );
  });
});
