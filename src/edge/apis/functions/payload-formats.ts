import type { OwnUrlAuth, OwnUrlCors, PayloadFormat } from '../../../contract/index.ts';
import type { RequestHead } from '../../request.ts';
import type { EventTemplate } from './event-parts.ts';
import { EventTemplateV1 } from './event-v1.ts';
import { EventTemplateV2 } from './event-v2.ts';
import type { HttpAnswer, MalformedAnswer } from '../../response-parts.ts';
import { answerV1 } from './response-v1.ts';
import { answerV2 } from './response-v2.ts';
import type { RouteHit } from './route-table.ts';

/** How a function takes HTTP requests. */
export interface HttpForm {
  /** Of the function's own URL: which pages of other origins may call it; undefined for none. */
  readonly cors?: OwnUrlCors | undefined;
  /** Of the function's own URL: who may call it. */
  readonly auth: OwnUrlAuth;
  readonly payload: PayloadFormat;
  /** Whether events of format 2.0 also have `path` and `httpMethod`. */
  readonly carriesPath: boolean;
  /** Whether requests are queued and answered 202, where neither route nor client says otherwise. */
  readonly isAsync: boolean;
}

/** A payload format: events of requests, and responses of answers. */
export interface PayloadRules {
  template(head: RequestHead, hit: RouteHit, form: HttpForm): EventTemplate;
  answer(payload: Uint8Array): HttpAnswer | MalformedAnswer;
}

export const PAYLOAD_RULES: Readonly<Record<PayloadFormat, PayloadRules>> = {
  '1.0': { template: (head, hit) => new EventTemplateV1(head, hit), answer: answerV1 },
  '2.0': { template: (head, hit, { carriesPath }) => new EventTemplateV2(head, hit, carriesPath), answer: answerV2 },
};
