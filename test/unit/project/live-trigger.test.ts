import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isLamError } from '../../../src/errors/index.ts';
import { parseTrigger, typedName } from '../../../src/project/index.ts';
import { asFunctionName } from '../../support/ids.ts';

const F = asFunctionName('f');
const parse = (type: string, ...pairs: string[]) => parseTrigger({ type, functionName: F, name: undefined, pairs }, 0);

function refused(
  type: string,
  pairs: readonly string[],
): { readonly message: string; readonly hint: string | undefined } {
  try {
    parse(type, ...pairs);
  } catch (error) {
    assert.ok(isLamError(error));
    return { message: `${error.code} ${error.message}`, hint: error.hint };
  }
  return assert.fail(`${type} ${pairs.join(' ')} is accepted`);
}

describe('a trigger on the command line', () => {
  test('is read by the types of its settings', () => {
    const filter = '{"data":{"item":["tea","milk"]}}';
    assert.deepEqual(
      parse(
        'redis',
        'url=redis://h',
        'stream=7',
        'create=true',
        'batchSize=5',
        `filters=${filter}`,
        `filters=${filter}`,
      ),
      { type: 'redis', url: 'redis://h', stream: '7', create: true, batchSize: 5, filters: [filter, filter] },
    );
    assert.deepEqual(parse('redis', 'url=redis://h', 'stream=a', 'filters=["{\\"a\\":[1]}"]')['filters'], [
      '{"a":[1]}',
    ]);
    assert.deepEqual(
      parse('http', 'route=GET /a', 'host=a.example', 'host=b.example', 'cors.origins=https://a.example'),
      {
        type: 'http',
        route: 'GET /a',
        host: ['a.example', 'b.example'],
        cors: { origins: ['https://a.example'] },
      },
    );
    assert.deepEqual(parse('schedule', 'every=5m', 'event={"a":1}'), {
      type: 'schedule',
      every: '5m',
      event: { a: 1 },
    });
    assert.equal(typedName(parse('schedule', 'every=5m')), 'schedule:every 5m');
  });

  test('that is wrong is refused with the nearest name and a command that works', () => {
    assert.match(refused('rabitmq', []).hint ?? '', /^did you mean 'rabbitmq'\? use one of http, /);
    assert.match(refused('redis', ['strem=a', 'url=redis://h']).message, /BAD_TRIGGER .*did you mean 'stream'\?/);
    assert.match(refused('redis', ['url=redis://h']).message, /stream is missing/);
    assert.match(refused('redis', ['url=redis://h', 'stream']).message, /'stream' has no value: write stream=VALUE/);
    assert.match(
      refused('redis', ['url=redis://h', 'stream=a', 'batchSize=x']).message,
      /batchSize must be a whole number/,
    );
    assert.match(refused('redis', ['url=redis://:secret@h', 'stream=a']).message, /must not contain a password/);
    assert.match(refused('redis', ['url=redis://h', 'stream=a', 'filters={}x']).message, /faulty filter 1/);
    assert.match(refused('http', ['route=GET /a', 'cors.orgins=x']).message, /'cors' has no setting 'orgins'/);
    assert.match(refused('schedule', ['at=1969-01-01T00:00Z']).message, /past/);
    for (const type of ['http', 'schedule', 'redis', 'rabbitmq']) {
      const [, words = ''] =
        /^for instance: lam trigger add \S+ f (.*)$/.exec(refused(type, ['none=1']).hint ?? '') ?? [];
      const pairs = Array.from(words.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? '');
      assert.equal(parse(type, ...pairs).type, type);
    }
  });
});
