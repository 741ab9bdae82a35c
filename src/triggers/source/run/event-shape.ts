import { lamError } from '../../../errors/index.ts';
import type { Trial, TriggerAbout } from '../../running.ts';
import type { SourceConfig } from '../settings.ts';

/** Events of a source without its connection, for tests of a trigger. */
export interface EventShape<C extends SourceConfig> {
  /** Member of an event with its records: a list, or a map of lists. Absent: the event is the list. */
  readonly at?: string;
  /** Returns an event with one record, as one from the source could be. */
  sample(config: C, about: Pick<TriggerAbout, 'clock' | 'arns'>): unknown;
  /** Returns what filter patterns see of a record. */
  filterable(record: Readonly<Record<string, unknown>>): unknown;
}

type Records = readonly Readonly<Record<string, unknown>>[];

/** Returns what is left of an event, or of a sample, behind the filters. Throws `LAM_TRIGGERS_BAD_EVENT`. */
export function trialOf<C extends SourceConfig>(
  shape: EventShape<C>,
  { config, about, given }: { readonly config: C; readonly about: TriggerAbout; readonly given: unknown },
  matches: (filterable: () => unknown) => boolean,
): Trial {
  const event = given ?? shape.sample(config, about);
  const { at } = shape;
  const held = at === undefined ? event : isMap(event) ? event[at] : undefined;
  let [passed, filtered] = [0, 0];
  const keep = (records: Records): Records =>
    records.filter((record) => {
      const isPassed = matches(() => shape.filterable(record));
      if (isPassed) passed++;
      else filtered++;
      return isPassed;
    });
  const bad = (): never => {
    throw lamError('LAM_TRIGGERS_BAD_EVENT', {
      name: about.functionName,
      trigger: about.name,
      type: config.type,
      what: at === undefined ? 'it is not a list of records' : `it has no records in '${at}'`,
    });
  };
  let left: unknown;
  if (isRecords(held)) left = keep(held);
  else if (at !== undefined && isMap(held) && Object.values(held).every((one) => isRecords(one)))
    left = Object.fromEntries(
      Object.entries(held as Readonly<Record<string, Records>>)
        .map(([key, records]) => [key, keep(records)] as const)
        .filter(([, records]) => records.length > 0),
    );
  else return bad();
  if (passed + filtered === 0) return bad();
  if (passed === 0) return { event, filtered, isFiltered: true };
  return { event: at === undefined ? left : { ...(event as object), [at]: left }, filtered, isFiltered: false };
}

function isRecords(value: unknown): value is Records {
  return Array.isArray(value) && value.every((one) => isMap(one));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
