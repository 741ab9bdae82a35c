import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import '../support/seed.ts';
import { violationsOf, violationsText } from '../../src/edge/aws/constraints.ts';
import { readInput } from '../../src/edge/aws/input.ts';
import { servedModel } from '../../src/edge/apis/aws-lambda/model/model.ts';
import { isLamError } from '../../src/errors/index.ts';

const { model, paths } = servedModel();
const shapes = Object.values(model.operations).flatMap(([, , , input]) => (input === undefined ? [] : [input]));

describe('the input of an operation of AWS', () => {
  test('is read, or refused in the words of AWS, whatever a body has', () => {
    const members = [...new Set(shapes.flatMap((shape) => Object.keys(model.shapes[shape]?.members ?? {})))];
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc.dictionary(fc.constantFrom(...members), fc.jsonValue()).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...shapes), body, fc.string(), (shape, text, part) => {
        const parts = { FunctionName: part, Name: part, Resource: part };
        try {
          readInput(model, shape, {
            parts,
            query: `Qualifier=${encodeURIComponent(part)}`,
            headers: {},
            body: Buffer.from(text),
          });
        } catch (thrown) {
          assert.ok(isLamError(thrown), String(thrown));
          assert.match(thrown.code, /^LAM_AWS_(?:VALIDATION|SERIALIZATION)$/);
          if (thrown.code === 'LAM_AWS_VALIDATION')
            assert.match(thrown.message, /^\d+ validation errors? detected: Value/);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('has each violation once, with the path of the value', () => {
    const broken = {
      FunctionName: 'hello',
      Environment: { Variables: { 'A-B': 'secret' } },
      Layers: ['x'],
      Timeout: 0,
    };
    const found = violationsOf(model, 'UpdateFunctionConfigurationRequest', broken, '');
    const text = violationsText(found);
    assert.match(text, /^3 validation errors detected: /);
    assert.match(
      text,
      /Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1/,
    );
    assert.match(
      text,
      /Value at 'environment\.variables' failed .*Map keys must satisfy constraint: \[Member must satisfy/,
    );
    assert.match(
      text,
      /Value '\[x\]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: \[.*Member must satisfy regular expression/,
    );
    assert.doesNotMatch(text, /secret/);
  });

  test('belongs to the operation at its path, with or without a slash at the end', () => {
    for (const [operation, [method, pattern]] of Object.entries(model.operations)) {
      const [path = '', query = ''] = pattern.split('?');
      const filled = path.replaceAll(/\{\w+\}/g, 'a%3Ab');
      for (const given of [filled, `${filled}/`]) {
        const target = paths.find(method, given, query);
        assert.equal(target?.operation, operation);
        assert.ok(Object.values(target.parts).every((part) => part === 'a:b'));
      }
    }
  });
});
