import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { element, escaped, svg } from '../../../src/simulator/report/svg.ts';

const EMPTY = { width: 10, height: 10, title: '<t>', description: '&', body: [] } as const;

describe('a drawing', () => {
  test('escapes text', () => {
    assert.equal(escaped('<a & "b">'), '&lt;a &amp; &quot;b&quot;&gt;');
    assert.equal(element('rect', { x: 1.26, class: 'a"b' }), '<rect x="1.3" class="a&quot;b"/>');
    const lines = svg(EMPTY, { series: [] }).split('\n');
    assert.deepEqual(lines.slice(1, 3), ['<title id="title">&lt;t&gt;</title>', '<desc id="description">&amp;</desc>']);
  });

  test('has the colours of its palette, for light pages and for dark ones', () => {
    const palette = {
      series: ['grey', 'blue'],
      classes: { mark: { fill: 'ink', stroke: 'ground' } },
      rules: '.a{b:c}',
    } as const;
    const [, light = '', dark = ''] =
      /<style>(.*)@media \(prefers-color-scheme:dark\)\{(.*)\}<\/style>/.exec(svg(EMPTY, palette)) ?? [];
    assert.match(light, /\.a\{b:c\}\.ground\{fill:#ffffff\}/);
    assert.match(light, /\.mark\{fill:#1f2328;stroke:#ffffff\}/);
    assert.match(light, /\.f0\{fill:#6e7781\}\.s0\{stroke:#6e7781\}\.f1\{fill:#0072b2\}\.s1\{stroke:#0072b2\}$/);
    assert.match(
      dark,
      /\.mark\{fill:#e6edf3;stroke:#0d1117\}\.f0\{fill:#b1bac4\}\.s0\{stroke:#b1bac4\}\.f1\{fill:#56b4e9\}/,
    );
  });
});
