// Loaded before the random tests: `npm test` uses a fixed seed, so that a failure comes from the change. To search for
// unknown faults: LAM_TEST_SEED=random LAM_TEST_FUZZ_MS=50000 npm test -- property
import fc from 'fast-check';

const asked = process.env['LAM_TEST_SEED'] ?? '20261121';
if (asked !== 'random') fc.configureGlobal({ seed: Number(asked) });
