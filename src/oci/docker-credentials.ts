import { spawn } from 'node:child_process';
import { lamError, messageOf } from '../errors/index.ts';

/** What a credential helper knows of a registry. */
interface StoreAnswer {
  readonly username: string;
  readonly secret: string;
}

/** Time for a helper, which may ask its user to unlock a keychain (ms). */
const HELPER_MS = 60_000;
/** Longest output of a helper that is read (bytes). */
const OUTPUT_BYTES = 64 * 1024;
/** What helpers print for a registry that they know nothing of. */
const UNKNOWN = /credentials not found/i;

/**
 * Asks `docker-credential-NAME get` for a registry; undefined if it has none for it. Throws `LAM_OCI_HELPER_FAILED`.
 * @param key the registry as docker's configuration names it
 */
export async function askCredentialStore(
  name: string,
  key: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<StoreAnswer | undefined> {
  const helper = `docker-credential-${name}`;
  const failed = (reason: string, cause?: unknown): Error =>
    lamError('LAM_OCI_HELPER_FAILED', { helper, host: key, reason }, cause);
  if (!/^[\w.-]+$/.test(name)) throw failed('its name is no program');
  const { code, stdout, stderr } = await run(helper, key, env).catch((error: unknown) => {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw failed(isMissing ? 'it is not on the PATH' : messageOf(error), error);
  });
  if (code !== 0) {
    const said = `${stdout}\n${stderr}`;
    if (UNKNOWN.test(said)) return undefined;
    throw failed(said.trim().split('\n')[0] || `it ended with ${code ?? 'a signal'}`);
  }
  const answer = parsed(stdout);
  // Not quoted: it may be the secret.
  if (answer === undefined) throw failed('its answer is not JSON with Username and Secret');
  return answer;
}

function parsed(text: string): StoreAnswer | undefined {
  try {
    const { Username: username, Secret: secret } = JSON.parse(text) as { Username?: unknown; Secret?: unknown };
    return typeof username === 'string' && typeof secret === 'string' ? { username, secret } : undefined;
  } catch {
    return undefined;
  }
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, input: string, env: Readonly<Record<string, string | undefined>>): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { env, stdio: ['pipe', 'pipe', 'pipe'], timeout: HELPER_MS });
    const stdout = gather(child.stdout);
    const stderr = gather(child.stderr);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout: stdout(), stderr: stderr() }));
    // A helper that ends before it has read the name says why itself.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Collects what a stream says; returns a function that reads it. */
function gather(stream: NodeJS.ReadableStream): () => string {
  const pieces: Buffer[] = [];
  let size = 0;
  stream.on('data', (piece: Buffer) => {
    if (size < OUTPUT_BYTES) pieces.push(piece);
    size += piece.length;
  });
  return () => Buffer.concat(pieces).toString('utf8');
}
