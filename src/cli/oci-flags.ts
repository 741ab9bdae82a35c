import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { readVerifyingKey, type OciOptions } from '../oci/index.ts';
import type { CommandContext } from './command-context.ts';

/** The flag of commands that ask a registry. */
export const PLAIN_HTTP_FLAG = Flags.boolean({
  summary: 'Ask the registry by plain HTTP instead of HTTPS; not needed for one on this machine.',
});

/** The flag of commands that take a version from a registry. */
export const SIGNED_BY_FLAG = Flags.string({
  summary: 'Take it only if this public key has signed it: ECDSA on P-256, such as cosign.pub.',
  helpValue: 'KEY.pub',
});

/** How a command reaches registries, and whose signature it wants. Throws `LAM_OCI_KEY_INVALID`. */
export async function ociAccess(
  { env, cwd }: CommandContext,
  flags: { readonly 'plain-http': boolean; readonly 'signed-by'?: string | undefined },
): Promise<{ readonly oci: OciOptions; readonly key: Awaited<ReturnType<typeof readVerifyingKey>> | undefined }> {
  const signer = flags['signed-by'];
  return {
    oci: { plainHttp: flags['plain-http'], env },
    key: signer === undefined ? undefined : await readVerifyingKey(resolve(cwd, signer)),
  };
}
