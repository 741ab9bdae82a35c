import type { KindFault, TriggerKind, TriggerSchema } from '../kind.ts';
import { SOURCE_PROPERTIES, sourceFault, type SourceConfig } from './settings.ts';

/** The declared half of an event source: a kind without what all sources share. */
export interface SourceDeclaration<C extends SourceConfig> extends Required<Pick<TriggerKind<C>, 'load'>> {
  readonly type: string;
  /** What it is called in messages: `RabbitMQ queue`. */
  readonly noun: string;
  /** Settings besides the common ones. Those of the same name replace common ones. */
  readonly schema: TriggerSchema;
  nameOf(config: C): string;
  /** Returns the first fault of its own settings that the schema cannot express. */
  fault(config: C): KindFault | undefined;
}

/** Makes the kind of an event source, with the settings and faults that all sources share. */
export function sourceKind<C extends SourceConfig>(declaration: SourceDeclaration<C>): TriggerKind<C> {
  const { schema } = declaration;
  return {
    ...declaration,
    literal: ['filters'],
    schema: { ...schema, properties: { ...schema.properties, ...SOURCE_PROPERTIES, ...schema.properties } },
    fault: (config) => declaration.fault(config) ?? sourceFault(config),
  };
}
