import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asLamError, fromWire, isLamError, LamError, lamError, toWire } from '../../../src/errors/index.ts';

describe('an error of lam', () => {
  test('carries code, kind, hint, data and cause', () => {
    const cause = new Error('below');
    const error = lamError('LAM_REGISTRY_VERSION_NOT_FOUND', { name: 'hello', version: '9' }, cause);
    assert.equal(error.code, 'LAM_REGISTRY_VERSION_NOT_FOUND');
    assert.equal(error.message, "function 'hello' has no version '9'");
    assert.equal(error.hint, 'see its versions: lam versions hello');
    assert.deepEqual([error.kind, error.exitCode, error.httpStatus], ['not_found', 4, 404]);
    assert.equal(error.awsName, 'ResourceNotFoundException');
    assert.deepEqual(error.details, { name: 'hello', version: '9' });
    assert.equal(error.cause, cause);
  });

  test('is recognised by its brand, not by its class', () => {
    assert.ok(isLamError(lamError('LAM_INTERNAL', { what: 'x' })));
    assert.ok(isLamError({ [Symbol.for('lam.error')]: true }));
    for (const other of [new Error('x'), null, undefined, 'LAM_INTERNAL', {}]) assert.ok(!isLamError(other));
  });

  test('is made of anything thrown, which becomes its cause', () => {
    const thrown = new RangeError('out of range');
    const error = asLamError(thrown);
    assert.equal(error.code, 'LAM_INTERNAL');
    assert.equal(error.cause, thrown);
    assert.match(error.message, /out of range/);
    assert.match(asLamError('text').message, /text/);
    const own = lamError('LAM_INTERNAL_INVARIANT', { what: 'x' });
    assert.equal(asLamError(own), own);
  });

  test('keeps the texts of a newer daemon whose code it does not know', () => {
    const error = fromWire({ code: 'LAM_FUTURE_THING', message: 'the moon is full', hint: 'wait' });
    assert.ok(error instanceof LamError);
    assert.equal(error.code, 'LAM_INTERNAL');
    assert.equal(error.message, 'LAM_FUTURE_THING: the moon is full');
    assert.equal(error.hint, 'wait');
  });

  test('accepts a code that is a name of Object.prototype', () => {
    for (const code of ['constructor', '__proto__', 'toString'])
      assert.equal(fromWire({ code, message: 'x' }).code, 'LAM_INTERNAL');
  });

  test('sends neither hint nor details if it has none', () => {
    const { hint: _hint, ...wire } = toWire(lamError('LAM_INTERNAL', { what: 'x' }));
    assert.deepEqual(wire, {
      code: 'LAM_INTERNAL',
      message: 'internal error: x',
      details: { what: 'x' },
    });
    assert.deepEqual(Object.keys(toWire(fromWire({ code: 'LAM_INTERNAL', message: 'x' }))), ['code', 'message']);
  });
});
