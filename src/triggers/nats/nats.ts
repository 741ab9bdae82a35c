import type { KindFault } from '../kind.ts';
import { urlFault } from '../source/references.ts';
import type { SourceConfig } from '../source/settings.ts';
import { sourceKind } from '../source/source-kind.ts';
import { matchesSubject, subjectFault } from './subject.ts';

/** Schema of the address of a NATS server. */
export const NATS_URL = {
  description:
    'Address of the server. `${NAME}` stands for a variable of the function; passwords must be such. A user without a password is a token.',
  type: 'string',
  minLength: 1,
  examples: ['nats://app:${NATS_PASSWORD}@localhost:4222'],
} as const;

/** Subjects of NATS, without JetStream. */
export interface NatsTrigger extends SourceConfig {
  readonly type: 'nats';
  readonly url: string;
  readonly subject: string;
  readonly queueGroup?: string;
  readonly orderBy?: 'none' | 'subject';
  readonly reply?: boolean;
  readonly deadLetterSubject?: string;
}

/** Messages on subjects of NATS, shared by a queue group. Events are lists of CloudEvents. */
export const nats = sourceKind<NatsTrigger>({
  type: 'nats',
  noun: 'NATS subject',
  schema: {
    description: 'Messages on a subject of NATS, as a list of CloudEvents. NATS keeps none for a later time.',
    properties: {
      url: NATS_URL,
      subject: { description: 'Subject, with wildcards.', type: 'string', minLength: 1, examples: ['orders.>'] },
      queueGroup: {
        description:
          "Queue group, by default the function's name: each message goes to one of its members, here and elsewhere.",
        type: 'string',
        minLength: 1,
        examples: ['billing'],
      },
      orderBy: {
        description: 'Whether messages with the same subject run in order when `parallelism` is more than 1.',
        type: 'string',
        enum: ['none', 'subject'],
        default: 'none',
        examples: ['subject'],
      },
      reply: {
        description: "Whether the handler's result is sent to a request's reply subject. Messages then run one by one.",
        type: 'boolean',
        default: false,
        examples: [true],
      },
      deadLetterSubject: {
        description: 'Subject for messages that keep failing. Without it they are dropped.',
        type: 'string',
        minLength: 1,
        examples: ['dead.orders'],
      },
    },
    required: ['url', 'subject'],
  },
  nameOf: ({ subject }) => subject,
  fault: ({ url, subject, queueGroup, reply, batchSize = 1, deadLetterSubject }) => {
    if (queueGroup !== undefined && /\s/.test(queueGroup))
      return { key: 'queueGroup', fault: 'has a faulty queueGroup: it must not contain spaces' };
    if (reply === true && batchSize > 1)
      return { key: 'batchSize', fault: 'replies to single messages, so its batchSize must be 1' };
    return natsFault({ url, subject, deadLetterSubject });
  },
  load: async () => (await import('./run/core.ts')).natsStarter,
});

/** Returns the fault of the address of a server, or undefined. */
export function natsUrlFault(url: string): KindFault | undefined {
  const fault = urlFault(url, ['nats', 'tls']);
  return fault === undefined ? undefined : { key: 'url', fault: `has a faulty url: it ${fault}` };
}

/** Returns the first fault of what all triggers of NATS have. */
export function natsFault({
  url,
  subject,
  deadLetterSubject,
}: {
  readonly url: string;
  readonly subject: string | undefined;
  readonly deadLetterSubject: string | undefined;
}): KindFault | undefined {
  const ofUrl = natsUrlFault(url);
  if (ofUrl !== undefined) return ofUrl;
  const ofSubject = subject === undefined ? undefined : subjectFault(subject, true);
  if (ofSubject !== undefined) return { key: 'subject', fault: `has a faulty subject: it ${ofSubject}` };
  if (deadLetterSubject === undefined) return undefined;
  const ofDead = subjectFault(deadLetterSubject, false);
  if (ofDead !== undefined) return { key: 'deadLetterSubject', fault: `has a faulty deadLetterSubject: it ${ofDead}` };
  if (subject !== undefined && matchesSubject(subject, deadLetterSubject))
    return { key: 'deadLetterSubject', fault: 'would read its own dead letters: name another deadLetterSubject' };
  return undefined;
}
