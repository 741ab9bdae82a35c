import { github } from './github.ts';
import type { SignatureScheme } from './scheme.ts';
import { slack } from './slack.ts';
import { standard } from './standard.ts';
import { stripe } from './stripe.ts';

/** The ways to sign webhooks, by name. */
export const SIGNATURES = { github, stripe, slack, standard } as const satisfies Readonly<
  Record<string, SignatureScheme>
>;

/** Name of a way to sign webhooks. */
export type SignatureName = keyof typeof SIGNATURES;

/** All names, for schemas. */
export const SIGNATURE_NAMES = Object.keys(SIGNATURES) as readonly SignatureName[];
