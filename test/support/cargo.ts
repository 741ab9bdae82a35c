import { homedir } from 'node:os';
import { join } from 'node:path';

/** Kept between runs, so that the dependencies of all Rust programs of the tests are compiled once. */
const TARGET = join(import.meta.dirname, '../../node_modules/.cache/lam-tests/cargo');

/** Cargo's folders, whatever HOME is, and settings under which it compiles fast. */
export function cargoVariables(): Readonly<Record<string, string>> {
  const { CARGO_HOME, RUSTUP_HOME } = process.env;
  return {
    CARGO_HOME: CARGO_HOME ?? join(homedir(), '.cargo'),
    RUSTUP_HOME: RUSTUP_HOME ?? join(homedir(), '.rustup'),
    CARGO_TARGET_DIR: TARGET,
    CARGO_PROFILE_RELEASE_OPT_LEVEL: '0',
  };
}
