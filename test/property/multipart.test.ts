import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formParts, type FormFile } from '../../src/edge/multipart.ts';
import { isLamError } from '../../src/errors/index.ts';
import { formOf, type FormEntry } from '../support/form.ts';

/** Cuts bytes into pieces of these lengths, in turn. */
async function* pieces(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

async function read(type: string | undefined, body: AsyncIterable<Uint8Array>): Promise<FormEntry[]> {
  const found: FormEntry[] = [];
  for await (const part of formParts(type, body)) {
    if (part.kind === 'value') found.push([part.name, part.text]);
    else found.push([part.name, await contentOf(part), part.fileName]);
  }
  return found;
}

async function contentOf({ content: pieces }: FormFile): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of pieces) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

const name = fc.stringMatching(/^[a-z]{1,8}$/);
const content = fc.oneof(
  fc.string({ unit: 'binary-ascii' }),
  // What looks like a delimiter.
  fc.array(fc.constantFrom('\r\n', '--', '-', '\r', '\n', '--------b0undary', 'x')).map((parts) => parts.join('')),
);
const entry = fc.oneof(fc.tuple(name, content), fc.tuple(name, content, name)) as fc.Arbitrary<FormEntry>;
const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

test('a form is read as it was sent, in whatever pieces it arrives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1 }), lengths, async (entries, cuts) => {
      const { body, headers } = formOf(entries);
      assert.deepEqual(await read(headers['content-type'], pieces(body, cuts)), entries);
    }),
  );
});

test('what is not read of a file is skipped', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1 }), lengths, async (entries, cuts) => {
      const { body, headers } = formOf(entries);
      const names: string[] = [];
      for await (const part of formParts(headers['content-type'], pieces(body, cuts))) {
        names.push(part.name);
        if (part.kind === 'file' && names.length % 2 === 0) for await (const _ of part.content) break;
      }
      assert.deepEqual(
        names,
        entries.map(([sent]) => sent),
      );
    }),
  );
});

test('a form that ends early is refused, at whatever place', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1 }), fc.nat(), lengths, async (entries, at, cuts) => {
      const { body, headers } = formOf(entries);
      // Without its last line end a form is whole.
      const cut = body.subarray(0, at % (body.length - 2));
      await assert.rejects(read(headers['content-type'], pieces(cut, cuts)), (error) => {
        return isLamError(error) && error.code === 'LAM_EDGE_BAD_FORM';
      });
    }),
  );
});

/** Longer than busboy takes one. */
const LONG_BOUNDARY = `multipart/form-data; boundary=${'b'.repeat(300)}`;

test('other bodies are refused without being read', async () => {
  for (const type of [
    undefined,
    'application/json',
    'multipart/form-data',
    'multipart/mixed; boundary=x',
    LONG_BOUNDARY,
  ])
    await assert.rejects(read(type, pieces(Buffer.from('--x--'), [1])), (error) => {
      return isLamError(error) && error.code === 'LAM_EDGE_BAD_FORM';
    });
});
