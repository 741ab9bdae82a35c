import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowOf } from '../../../../src/triggers/postgres/run/postgres-row.ts';
import { postgres, type PostgresTrigger } from '../../../../src/triggers/postgres/postgres.ts';
import { definitionOf } from '../../../../src/triggers/postgres/run/definition.ts';
import { parseTable } from '../../../../src/triggers/postgres/table-name.ts';
import { docSql } from '../../../support/doc-examples.ts';

test('the name of an outbox table may have a schema, and nothing that SQL could read otherwise', () => {
  assert.deepEqual(parseTable('shop.outbox'), {
    ...{ quoted: '"shop"."outbox"', bare: 'outbox', prefix: '"shop".', channel: 'shop.outbox' },
  });
  for (const text of [
    '',
    'a.b.c',
    'a b',
    '1a',
    'a"b',
    "a'b",
    'a;b',
    'x'.repeat(41),
    `${'s'.repeat(40)}.${'t'.repeat(40)}`,
  ])
    assert.equal(parseTable(text), undefined, text);
});

test('docs/triggers.md shows the definition of an outbox table', () => {
  const table = parseTable('outbox');
  assert.ok(table);
  assert.equal(docSql('postgres-table'), definitionOf(table));
});

test('faults of a PostgreSQL trigger name the setting, and the trigger is named by its table and topic', () => {
  const url = 'postgres://lam:${P}@h/d';
  const faultOf = (config: Partial<PostgresTrigger>): string | undefined =>
    postgres.fault({ type: 'postgres', url, ...config })?.key;
  assert.equal(faultOf({}), undefined);
  assert.equal(faultOf({ url: 'postgres://lam:secret@h/d' }), 'url');
  assert.equal(faultOf({ url: 'mysql://h/d' }), 'url');
  assert.equal(faultOf({ table: 'a"b' }), 'table');
  assert.equal(postgres.nameOf({ type: 'postgres', url }), 'lam_outbox');
  assert.equal(postgres.nameOf({ type: 'postgres', url, table: 'outbox', topic: 'mails' }), 'outbox/mails');
});

test('a row without topic and key is an event without subject and partition key', () => {
  const row = { id: '9', topic: '', key: null, type: 't', data: '"text"', created_at: new Date(0), attempts: 3 };
  const { event, key, deliveries } = rowOf(row, 'postgres://h/d/t');
  assert.deepEqual([key, deliveries], [undefined, 3]);
  assert.deepEqual(JSON.parse(event), {
    ...{ specversion: '1.0', id: '9', source: 'postgres://h/d/t', type: 't' },
    ...{ datacontenttype: 'application/json', time: '1970-01-01T00:00:00.000Z', data: 'text' },
  });
});
