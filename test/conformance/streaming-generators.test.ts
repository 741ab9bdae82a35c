import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { HTTP_STREAM, PLAIN_STREAM } from '../../src/contract/index.ts';
import { BootstrapHouse, type BootedProcess } from './bootstrap-house.ts';
import { StreamReader } from './stream-reader.ts';

/** Yields what `event['what']` names. */
const RUBY = `
MIB = 1024 * 1024
def handler(event:, context:)
  return 'whole' if event['what'] == 'whole'
  Enumerator.new do |out|
    case event['what']
    when 'pieces' then event['pieces'].each { |piece| puts "yields #{piece}"; out << piece; sleep(event['ms'] / 1000.0) }
    when 'http'
      out << { statusCode: 201, headers: { 'x-a' => 'b' } }
      out << event['body'] if event['body']
    when 'large' then event['mib'].times { |number| out << number.chr * MIB }
    when 'forever' then loop { out << "\\0" * MIB }
    when 'fails'
      out << event['piece'] if event['piece']
      raise IndexError, 'in the middle'
    when 'odd' then out << 'x' << 7
    end
  ensure
    puts 'closed' if event['what'] == 'forever'
  end
end
`;
const PHP = `<?php
const MIB = 1024 * 1024;
function items(array $event): Generator {
  try {
    switch ($event['what']) {
      case 'pieces':
        foreach ($event['pieces'] as $piece) { echo "yields $piece\\n"; yield $piece; usleep($event['ms'] * 1000); }
        break;
      case 'http':
        yield ['statusCode' => 201, 'headers' => ['x-a' => 'b']];
        if (isset($event['body'])) yield $event['body'];
        break;
      case 'large': for ($i = 0; $i < $event['mib']; $i++) yield str_repeat(chr($i), MIB); break;
      case 'forever': while (true) yield str_repeat("\\0", MIB);
      case 'fails':
        if (isset($event['piece'])) yield $event['piece'];
        throw new UnderflowException('in the middle');
      case 'odd': yield 'x'; yield 7; break;
    }
  } finally {
    if ($event['what'] === 'forever') echo "closed\\n";
  }
}
function handler(array $event): mixed { return $event['what'] === 'whole' ? 'whole' : items($event); }
`;

/** The forms: runtime, how many invocations its sandboxes run at once, its files, and the types of two errors. */
const FORMS = [
  ['ruby', 1, { 'index.rb': RUBY }, 'Function<IndexError>', 'Function<TypeError>'],
  ['ruby', 3, { 'index.rb': RUBY }, 'Function<IndexError>', 'Function<TypeError>'],
  ['php', 1, { 'index.php': PHP }, 'UnderflowException', 'Runtime.MarshalError'],
] as const;

for (const [runtime, concurrency, files, thrownType, oddType] of FORMS) {
  const skip = spawnSync(runtime, ['--version']).status === 0 ? false : `no ${runtime} on PATH`;
  describe(`what a generator in ${runtime} yields, ${concurrency} at once`, { concurrency: false, skip }, () => {
    let house: BootstrapHouse;
    before(async () => {
      house = await BootstrapHouse.open();
    });
    after(() => house[Symbol.asyncDispose]());

    const boot = (): Promise<BootedProcess> => house.boot(runtime, { files, concurrency });

    test('is sent piece by piece, and its log with it', async () => {
      await using booted = await boot();
      const reader = StreamReader.read(booted.session, { what: 'pieces', pieces: ['a', 'b', 'c'], ms: 200 });
      assert.equal(await reader.text(1), 'a');
      assert.ok(reader.outcome === undefined, 'the first piece arrives before the end');
      const ended = await reader.ended;
      assert.ok(ended.kind === 'result' && ended.payload.length === 0 && (ended.ranMs ?? 0) >= 590);
      assert.deepEqual([reader.whole, reader.contentType], ['abc', PLAIN_STREAM]);
      assert.deepEqual(booted.of('r'), ['yields a', 'yields b', 'yields c']);
    });

    test('may begin with the head of an HTTP response, or be nothing', async () => {
      await using booted = await boot();
      const head = '{"statusCode":201,"headers":{"x-a":"b"}}\0\0\0\0\0\0\0\0';
      const http = await StreamReader.read(booted.session, { what: 'http', body: 'böse' }).done();
      assert.deepEqual([http.contentType, http.whole], [HTTP_STREAM, `${head}böse`]);
      assert.equal((await StreamReader.read(booted.session, { what: 'http' }).done()).whole, head);
      const nothing = await StreamReader.read(booted.session, { what: 'nothing' }).done();
      assert.deepEqual([nothing.whole, nothing.contentType], ['', PLAIN_STREAM]);
      assert.equal(await booted.json({ what: 'whole' }), 'whole');
    });

    test('waits as long as its reader is behind, and loses nothing', async () => {
      await using booted = await boot();
      const reader = StreamReader.read(booted.session, { what: 'large', mib: 3 }, { isSlow: true });
      await reader.stalled();
      assert.ok(reader.bytes <= 256 * 1024, `${reader.bytes} bytes came unasked`);
      reader.goOn();
      await reader.done();
      const whole = Buffer.concat(reader.pieces);
      assert.equal(whole.length, 3 * 1024 * 1024);
      assert.deepEqual([whole[0], whole[1024 * 1024], whole.at(-1)], [0, 1, 2]);
    });

    test('ends when its reader leaves, and the process goes on', async () => {
      await using booted = await boot();
      const reader = StreamReader.read(booted.session, { what: 'forever' }, { isSlow: true });
      await reader.stalled();
      reader.cancel();
      assert.equal((await reader.ended).kind, 'result');
      assert.deepEqual(booted.of('r'), ['closed']);
      const again = StreamReader.read(booted.session, { what: 'pieces', pieces: ['again'], ms: 0 });
      assert.equal((await again.done()).whole, 'again');
    });

    test('fails in the middle, before it has begun, or with something that is no text', async () => {
      await using booted = await boot();
      const middle = StreamReader.read(booted.session, { what: 'fails', piece: 'half' });
      const ended = await middle.ended;
      assert.ok(ended.kind === 'error' && ended.errorType === thrownType, JSON.stringify(ended));
      assert.equal(middle.whole, 'half');
      const early = StreamReader.read(booted.session, { what: 'fails' });
      assert.equal((await early.ended).kind, 'error');
      assert.equal(early.contentType, undefined, 'no stream has begun');
      const odd = await StreamReader.read(booted.session, { what: 'odd' }).ended;
      assert.ok(odd.kind === 'error' && odd.errorType === oddType);
      assert.match(Buffer.from(odd.payload).toString(), /yields strings, not (?:Integer|int)/);
    });

    test('leaves those behind it to other sandboxes, or beside it', async () => {
      await using booted = await boot();
      const slow = StreamReader.read(booted.session, { what: 'large', mib: 1 }, { isSlow: true });
      await slow.stalled();
      const behind = StreamReader.read(booted.session, { what: 'large', mib: 2 }, { requestId: 'behind' });
      if (concurrency > 1) assert.equal((await behind.done()).bytes, 2 * 1024 * 1024);
      else if (runtime === 'ruby') assert.equal((await behind.ended).kind, 'unstarted');
      assert.equal(slow.outcome, undefined);
      slow.goOn();
      await slow.done();
      await behind.ended;
    });
  });
}
