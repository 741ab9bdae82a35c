import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, test } from 'node:test';
import { BootstrapHouse } from './bootstrap-house.ts';

const found = spawnSync('ruby', ['--disable=gems', '-rrbconfig', '-e', "puts RbConfig::CONFIG['ruby_version']"]);
const options = { skip: found.status === 0 ? false : 'no ruby on PATH' };
const api = String(found.stdout).trim();
const house = await BootstrapHouse.open();
after(() => house[Symbol.asyncDispose]());

const GEM = `vendor/bundle/ruby/${api}/gems/greeter-1.0.0/lib/greeter.rb`;
const SPECIFICATION = `Gem::Specification.new do |s|
  s.name, s.version, s.summary, s.authors, s.files = 'greeter', '1.0.0', 'Greets.', ['A'], ['lib/greeter.rb']
end
`;
const ASKS = `def handler(event:, context:)
  [GREETING, $LOADED_FEATURES.any? { |file| file.end_with?('/rubygems.rb') }]
end
`;

test('loads gems that Bundler made stand alone without RubyGems', options, async () => {
  const setup = '$:.unshift File.expand_path("#{__dir__}/../#{RUBY_ENGINE}/' + `${api}/gems/greeter-1.0.0/lib")\n`;
  await using booted = await house.boot('ruby', {
    files: {
      'index.rb': `require 'greeter'\n${ASKS}`,
      [GEM]: "GREETING = 'alone'\n",
      'vendor/bundle/bundler/setup.rb': setup,
    },
  });
  assert.deepEqual(await booted.json({}), ['alone', false]);
});

for (const [how, source] of [
  ['a library that is not in the load path', "require 'greeter'\n"],
  ['gem', "gem 'greeter', '~> 1.0'\nrequire 'greeter'\n"],
  ['the constant Gem', "Gem::Specification.find_by_name('greeter')\nrequire 'greeter'\n"],
] as const) {
  test(`loads RubyGems for ${how}`, options, async () => {
    await using booted = await house.boot('ruby', {
      files: {
        'index.rb': source + ASKS,
        [GEM]: "GREETING = 'by RubyGems'\n",
        [`vendor/bundle/ruby/${api}/specifications/greeter-1.0.0.gemspec`]: SPECIFICATION,
      },
    });
    assert.deepEqual(await booted.json({}), ['by RubyGems', true], JSON.stringify(booted.logs));
  });
}

test('reports a library that no gem has as Ruby does', options, async () => {
  await using booted = await house.boot('ruby', { files: { 'index.rb': "\nrequire 'no_such_gem'\n" } });
  assert.equal(booted.init.kind, 'error');
  const { payload } = booted.init as { readonly payload: Uint8Array };
  const document = JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>;
  assert.deepEqual(
    [document['errorType'], document['errorMessage']],
    ['Init<LoadError>', 'cannot load such file -- no_such_gem'],
  );
  assert.match(JSON.stringify(document['stackTrace']), /^\["index\.rb:2:in [`']<top \(required\)>'"\]$/);
});
