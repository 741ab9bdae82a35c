import { lamError } from '../../../errors/index.ts';
import type { Trial, TriggerAbout } from '../../running.ts';
import type { WebhookTrigger } from '../webhook.ts';
import { webhookEvent } from './webhook-event.ts';

/** Returns what a test gives to the function: an event, or a sample of one. No signature is checked. */
export function webhookTrial(config: WebhookTrigger, about: TriggerAbout, given: unknown): Trial {
  const event = given ?? sampleOf(config, about);
  if (typeof event !== 'object' || event === null || !('body' in event))
    throw lamError('LAM_TRIGGERS_BAD_EVENT', {
      name: about.functionName,
      trigger: about.name,
      type: config.type,
      what: "it has no 'body'",
    });
  return { event, filtered: 0, isFiltered: false };
}

function sampleOf({ path }: WebhookTrigger, about: TriggerAbout): unknown {
  const headers = { 'content-type': 'application/json', host: 'localhost', 'user-agent': 'lam' };
  const request = { method: 'POST', path, query: '', headers, body: Buffer.from('{}'), sourceIp: '127.0.0.1' };
  const bytes = webhookEvent(about, request, { requestId: SAMPLE_ID, at: about.clock.now(), hidden: undefined });
  return JSON.parse(Buffer.from(bytes).toString()) as unknown;
}

const SAMPLE_ID = '00000000-0000-8000-8000-000000000000';
