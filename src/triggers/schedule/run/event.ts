import { createHash } from 'node:crypto';
import type { Arns, FunctionName } from '../../../contract/index.ts';
import type { EpochMs } from '../../../kit/index.ts';
import { instantText } from '../moment.ts';
import type { ScheduleTrigger } from '../settings.ts';

/** Identifies a run of a schedule. */
export interface PlannedRun {
  readonly functionName: FunctionName;
  readonly schedule: string;
  /** The same each time that this run is queued, by whichever daemon. */
  readonly id: string;
  /** The planned time. */
  readonly at: EpochMs;
}

/** The id of a planned run: `<schedule>@<instant>`. */
export function runId(schedule: string, at: EpochMs): string {
  return `${schedule}@${instantText(at)}`;
}

/** The event of a run: that of the schedule, or one in the form of EventBridge's scheduled events. */
export function eventOf({ event }: ScheduleTrigger, run: PlannedRun, arns: Arns): Uint8Array {
  return Buffer.from(JSON.stringify(event === undefined ? scheduledEvent(run, arns) : event));
}

function scheduledEvent({ functionName, schedule, id, at }: PlannedRun, arns: Arns): object {
  const rule = `${functionName}/${schedule}`.replaceAll(/[^\w./-]+/g, '-').replaceAll(/^-+|-+$/g, '');
  return {
    version: '0',
    id: uuidOf(`${functionName} ${id}`),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: arns.account,
    // EventBridge has whole seconds.
    time: instantText(Math.floor(at / 1000) * 1000),
    region: arns.region,
    resources: [arns.rule(rule)],
    detail: {},
  };
}

/** A UUID (version 8) that depends on the text only. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** How much later than planned a run starts (ms): from 0 to `mostMs`, depending on its identity only. */
export function jitterOf(functionName: FunctionName, id: string, mostMs: number): number {
  if (mostMs === 0) return 0;
  return createHash('sha256').update(`${functionName} ${id}`).digest().readUInt32BE(0) % (mostMs + 1);
}
