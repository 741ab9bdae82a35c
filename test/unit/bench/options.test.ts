import { deepEqual, equal, throws } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseRows, parseOptions } from '../../../bench/options.ts';
import { peerTarget } from '../../../bench/load/target.ts';

const rows = [
  { id: 'a', group: 'one' },
  { id: 'b', group: 'one' },
  { id: 'c', group: 'two' },
];

describe('the command line of the bench', () => {
  test('names, peers and switches are read in any order', () => {
    const { names, peers, quick, json, list, help } = parseOptions([
      'a',
      '--quick',
      '--peer',
      'x=http://localhost:9000/f',
      'two',
      '--json',
    ]);
    deepEqual(names, ['a', 'two']);
    deepEqual(
      peers.map(({ name, url }) => [name, url.href]),
      [['x', 'http://localhost:9000/f']],
    );
    deepEqual([quick, json, list, help], [true, true, false, false]);
  });

  test('a URL may hold an equals sign', () => {
    equal(parseOptions(['--peer', 'x=http://h/f?a=b']).peers[0]?.url.search, '?a=b');
  });

  test('an invalid peer is refused with a message', () => {
    throws(() => parseOptions(['--peer', 'http://h/f']), /NAME=URL/);
    throws(() => parseOptions(['--peer', '=http://h/f']), /NAME=URL/);
    throws(() => parseOptions(['--peer', 'x=https://h/f']), /only http:/);
    throws(() => parseOptions(['--peer', 'floor=http://h/f']), /uses that name/);
    throws(() => parseOptions(['--peer', 'x=http://h/f', '--peer', 'x=http://g/f']), /two peers/);
    throws(() => parseOptions(['--fast']), /--fast/);
  });

  test('a peer is requested at its URL', () => {
    const [peer] = parseOptions(['--peer', 'x=http://peer.example/f?a=b']).peers;
    const { host, port, path } = peerTarget(peer ?? { name: '', url: new URL('http://none') });
    deepEqual([host, port, path], ['peer.example', 80, '/f?a=b']);
  });

  test('rows are chosen by their own name or their group, in the order of the table', () => {
    const ids = (names: readonly string[]): string =>
      chooseRows(rows, names)
        .map(({ id }) => id)
        .join('');
    equal(ids([]), 'abc');
    equal(ids(['c', 'a']), 'ac');
    equal(ids(['one']), 'ab');
  });

  test('an unknown name is an error that lists the known ones', () => {
    throws(() => chooseRows(rows, ['a', 'nope']), /no such row or group: nope; groups are one, two; rows are a, b, c/);
  });
});
