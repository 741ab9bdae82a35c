import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { filterPattern } from '../../../../../src/edge/apis/aws-logs/patterns/filter-pattern.ts';
import { isLamError } from '../../../../../src/errors/index.ts';

/** Whether a pattern takes each message. */
function taken(pattern: string, messages: readonly string[]): boolean[] {
  return messages.map(filterPattern(pattern));
}

function takes(pattern: string, ...messages: string[]): void {
  for (const message of messages) assert.ok(filterPattern(pattern)(message), `${pattern} takes ${message}`);
}

function leaves(pattern: string, ...messages: string[]): void {
  for (const message of messages) assert.ok(!filterPattern(pattern)(message), `${pattern} leaves ${message}`);
}

function refused(...patterns: string[]): void {
  for (const pattern of patterns)
    assert.throws(
      () => filterPattern(pattern),
      (thrown) =>
        isLamError(thrown) &&
        thrown.code === 'LAM_AWS_PARAMETER' &&
        thrown.message.startsWith('Invalid filter pattern: '),
      pattern,
    );
}

describe('a filter pattern of terms', () => {
  const LINES = ['[ERROR 400] BAD REQUEST', '[ERROR 401] UNAUTHORIZED REQUEST', '[WARN] SLOW', 'error in lower case'];

  test('takes messages with all terms, in the same case', () => {
    assert.deepEqual(taken('ERROR', LINES), [true, true, false, false]);
    assert.deepEqual(taken('ERROR REQUEST BAD', LINES), [true, false, false, false]);
    assert.deepEqual(taken('', LINES), [true, true, true, true]);
  });

  test('takes messages with one of several terms with ?, which are ignored beside others', () => {
    assert.deepEqual(taken('?UNAUTHORIZED ?WARN', LINES), [false, true, true, false]);
    assert.deepEqual(taken('?WARN ERROR', LINES), [true, true, false, false]);
  });

  test('leaves out messages with a term with -', () => {
    assert.deepEqual(taken('ERROR -UNAUTHORIZED', LINES), [true, false, false, false]);
    assert.deepEqual(taken('-ERROR', LINES), [false, false, true, true]);
    assert.deepEqual(taken('-"[ERROR 400]"', LINES), [false, true, true, true]);
  });

  test('takes phrases in quotes as they are', () => {
    assert.deepEqual(taken('"ERROR 401] UNAUTH"', LINES), [false, true, false, false]);
    takes(String.raw`"say \"a\\b\""`, String.raw`they say "a\b" here`);
  });

  test('takes regular expressions between percent signs', () => {
    takes('%4[0-9]{2}%', 'code 404');
    takes(String.raw`%^10\.0\.\d+\.[15]$%`, '10.0.23.5');
    leaves(String.raw`%^10\.0\.\d+\.[15]$%`, 'x10.0.23.5', '10.0.23.55', '10a0.1.1');
    takes('%colou?r%', 'color', 'colour');
    takes('%gray|grey%', 'a grey cat');
    takes(String.raw`%\x41b{2,3}c%`, 'Abbc', 'Abbbc');
    leaves(String.raw`%\x41b{2,3}c%`, 'Abc', 'Abbbbc');
    takes('%[^a-c]z%', 'dz');
    leaves('%[^a-c]z%', 'az');
    takes('%a.*b+%', 'xa--bbx');
    takes(String.raw`%\w\W\S\D%`, 'a-ab');
    takes('%a{2,}%', 'aaaa');
  });

  test('is refused with characters that need quotes, and with what does not end', () => {
    refused('a-b', 'java.lang', '"open', '-', '?', '%open', 'a"b"');
    refused('%(a)%', '%a!%', '%%', '%[z-a]%', '%[]%', '%[a%', '%a{3,2}%', '%a{x}%', '%a**%', String.raw`%\q%`);
    refused('%a% %b% %c%', '%a{9999}%', String.raw`%[\D]%`, String.raw`%\x4%`);
  });
});

describe('a filter pattern for JSON', () => {
  const EVENT = JSON.stringify({
    eventType: 'UpdateTrail',
    sourceIPAddress: '10.1.2.3',
    latency: 1.5e3,
    ok: true,
    gone: null,
    list: ['a', { b: 2 }],
    deep: { name: 'x y', 'a.b': 1 },
  });

  test('compares texts, with * for anything', () => {
    takes('{ $.eventType = "UpdateTrail" }', EVENT);
    takes('{$.eventType=UpdateTrail}', EVENT);
    takes('{ $.eventType = "*Trail" }', EVENT);
    takes('{ $.sourceIPAddress = 10.1.* }', EVENT);
    takes('{ $.sourceIPAddress != 123.123.* }', EVENT);
    leaves('{ $.eventType = "Update" }', EVENT);
    leaves('{ $.eventType = "*b*b*" }', EVENT);
    leaves('{ $.eventType != "U*l" }', EVENT);
    takes('{ $.eventType = %^Up[a-z]+Tr% }', EVENT);
  });

  test('compares numbers', () => {
    takes('{ $.latency = 1500 }', EVENT);
    takes('{ $.latency > 1e3 && $.latency <= 1500 }', EVENT);
    leaves('{ $.latency < 1500 }', EVENT);
    leaves('{ $.eventType > 1 }', EVENT);
    takes('{ $.latency != 2 }', EVENT);
  });

  test('joins conditions: && binds closer than ||, parentheses closest', () => {
    takes('{ $.ok IS TRUE || $.latency = 1 && $.latency = 2 }', EVENT);
    leaves('{ ($.ok IS TRUE || $.latency = 1) && $.latency = 2 }', EVENT);
    takes('{ ($.deep.name = "x y") && (($.latency > 1) || ($.latency < 0)) }', EVENT);
  });

  test('asks for null, true, false and what is absent', () => {
    takes('{ $.gone IS NULL }', EVENT);
    takes('{ $.ok IS TRUE }', EVENT);
    leaves('{ $.ok IS FALSE }', EVENT);
    takes('{ $.other NOT EXISTS }', EVENT);
    leaves('{ $.gone NOT EXISTS }', EVENT);
    leaves('{ $.other != "x" }', EVENT);
  });

  test('selects inside lists and objects', () => {
    takes('{ $.list[0] = "a" }', EVENT);
    takes('{ $.list[1].b = 2 }', EVENT);
    takes('{ $.list[*].b = 2 }', EVENT);
    takes(`{ $.deep['a.b'] = 1 }`, EVENT);
    takes('{ $.*.name = "x*" }', EVENT);
    takes('{ $.[1].b = 2 }', '[0, {"b": 2}]');
    leaves('{ $.list.length = 2 }', EVENT);
    leaves('{ $.toString NOT EXISTS && $.ok IS FALSE }', EVENT);
  });

  test('leaves messages that are no JSON', () => {
    leaves('{ $.a NOT EXISTS }', 'plain', '{"a": ', '', '7');
  });

  test('is refused where it is incomplete', () => {
    refused('{', '{}', '{ $.a }', '{ $.a = }', '{ $.a = "x }', '{ $.a = 1', '{ $.a = 1 } x', '{ a = 1 }', '{ $ = 1 }');
    refused('{ $.a > "x" }', '{ $.a IS MAYBE }', '{ ($.a = 1 }', '{ $.a = 1 && }', '{ $.a[x] = 1 }', '{ $.a. = 1 }');
  });
});

describe('a filter pattern of columns', () => {
  const LINE = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

  test('takes lines with as many words, of which those in brackets and quotes are one', () => {
    takes('[ip, id, user, timestamp, request, status_code, size]', LINE);
    leaves('[ip, id, user, timestamp, request, status_code]', LINE);
    takes('[ip, id, user, timestamp, request, status_code = 4*, size > 1000]', LINE);
    takes('[ip, , user = frank, timestamp = "10/Oct*", request = *html*, ...]', LINE);
    leaves('[ip, id, user, timestamp, request, status_code = 2*, size]', LINE);
  });

  test('takes any number of words for ...', () => {
    takes('[..., size]', LINE, 'one');
    takes('[ip = 127.*, ..., status_code = 404 || status_code = 410, size]', LINE);
    takes('[ip, ..., code != 403 && code >= 400, size]', LINE);
    leaves('[ip != 127.0.0.1, ...]', LINE);
    leaves('[a, ..., b]', 'one');
    takes('[w = %^1[0-9]+% , ...]', '127 x');
  });

  test('reads words that are not closed as they are', () => {
    takes('[a = "\\"x", b]', '"x y');
    takes('[a, b]', '[x y');
    takes('[a, b]', '"" x');
  });

  test('is refused where it is malformed', () => {
    refused('[a', '[a] b', '[..., a, ...]', '[a = ]', '[a = 1 || b = 2]', '[a b]', '[a > x]');
  });
});
