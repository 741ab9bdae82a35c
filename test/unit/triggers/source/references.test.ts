import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { urlFault, withValues } from '../../../../src/triggers/source/references.ts';

const VALUES: Readonly<Record<string, string>> = {
  USER: 'me',
  PASSWORD: 'p@ss/w:rd',
  HOST: 'broker:5672',
  URL: 'amqp://a@b',
};
const valueOf = (name: string): string => VALUES[name] ?? assert.fail(name);

describe('references to variables in a URL', () => {
  test('are replaced, and percent-encoded in user and password only', () => {
    assert.equal(
      withValues('amqp://${USER}:${PASSWORD}@${HOST}/v', valueOf),
      'amqp://me:p%40ss%2Fw%3Ard@broker:5672/v',
    );
    assert.equal(withValues('${URL}', valueOf), 'amqp://a@b');
    assert.equal(withValues('plain $USER', valueOf), 'plain $USER');
  });

  test('are the only form of a password', () => {
    const protocols = ['amqp', 'amqps'];
    for (const url of [
      'amqp://localhost',
      'amqps://me@localhost:5671/v',
      'amqp://me:${PASSWORD}@localhost',
      'amqp://${USER}:${PASSWORD}@${HOST}',
      'amqp://${USER}:${PASSWORD}@host:${PORT}/v',
      '${URL}',
    ])
      assert.equal(urlFault(url, protocols), undefined, url);
    for (const url of ['amqp://me:secret@localhost', 'amqp://me:a${PASSWORD}@localhost', 'amqp://:x@localhost'])
      assert.match(urlFault(url, protocols) ?? '', /^must not contain a password; write \$\{NAME\}/, url);
    for (const url of ['localhost:5672', 'http://localhost', 'amqp://', '', 'amqp://a b'])
      assert.equal(urlFault(url, protocols), 'must be a URL like amqp://HOST:PORT', url);
  });
});
