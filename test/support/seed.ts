// Loaded ahead of the tests that search by chance: `npm test` makes the same choices each time, so that a change is judged by what
// it changed. A search for what is still unknown takes other numbers: LAM_TEST_SEED=random LAM_TEST_FUZZ_MS=50000 npm test -- property
import fc from 'fast-check';

const asked = process.env['LAM_TEST_SEED'] ?? '20261121';
if (asked !== 'random') fc.configureGlobal({ seed: Number(asked) });
