import assert from 'node:assert/strict';
import type { ErrorDocument, ParityPlace } from '../place.ts';
import type { Behaviour, ParityFunction } from './behaviour.ts';

function isOfType({ errorType }: ErrorDocument, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? errorType === wanted : wanted.test(errorType);
}

function assertType(document: ErrorDocument, wanted: string | RegExp): void {
  assert.ok(isOfType(document, wanted), `not of type ${wanted}: ${JSON.stringify(document)}`);
}

/** The function answers, in a process that has not counted before. */
export async function answersAnew(place: ParityPlace, name: ParityFunction): Promise<void> {
  assert.equal(await place.result(name, { do: 'count' }), 1);
}

export const error: Behaviour = {
  title: "answers with the language's error: type, message, stack trace",
  async run(place) {
    const document = await place.error('main', { do: 'fail', message: 'grün "as asked"' });
    const { type, trace } = place.runtime.errors;
    assertType(document, type);
    assert.equal(document.errorMessage, 'grün "as asked"');
    if (trace !== null) {
      const shown = document[trace];
      assert.ok(Array.isArray(shown) && shown.length > 0, JSON.stringify(document));
    }
  },
};

export const initError: Behaviour = {
  title: 'answers with the error that ended loading',
  uses: ['failing'],
  async run(place) {
    const document = await place.error('failing', { do: 'count' });
    const { initType } = place.runtime.errors;
    assertType(document, initType);
    if (initType !== 'Runtime.ExitError') assert.match(document.errorMessage, /asked to fail while loading/);
  },
};

export const initExit: Behaviour = {
  title: 'says that the process ended while loading, with its exit code',
  uses: ['exiting'],
  async run(place) {
    const document = await place.error('exiting', { do: 'count' });
    assertType(document, 'Runtime.ExitError');
    assert.match(document.errorMessage, /\bexit status 3$/);
  },
};

export const timeout: Behaviour = {
  title: 'is ended at its time-out, and answers the next call',
  uses: ['brief'],
  async run(place) {
    const document = await place.error('brief', { do: 'sleep', ms: 15_000 });
    assertType(document, 'Sandbox.Timedout');
    assert.match(document.errorMessage, /Task timed out after 1\.00 seconds$/);
    await answersAnew(place, 'brief');
  },
};

export const exit: Behaviour = {
  title: 'says that the process ended, and answers the next call',
  async run(place) {
    const document = await place.error('main', { do: 'exit', code: 7 });
    assertType(document, 'Runtime.ExitError');
    assert.match(document.errorMessage, /\bexit status 7$/);
    await answersAnew(place, 'main');
  },
};

export const outOfMemory: Behaviour = {
  title: 'is ended at its memory limit, and answers the next call',
  async run(place) {
    assertType(await place.error('main', { do: 'oom' }), 'Runtime.OutOfMemory');
    await answersAnew(place, 'main');
  },
};

export const unserialisable: Behaviour = {
  title: 'says that a result is no JSON, and answers the next call in the same process',
  async run(place) {
    const before = Number(await place.result('main', { do: 'count' }));
    assertType(await place.error('main', { do: 'unserialisable' }), place.runtime.errors.unserialisableType);
    assert.equal(await place.result('main', { do: 'count' }), before + 1);
  },
};
