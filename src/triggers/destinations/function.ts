import { isFunctionName, knownFunctionName, type DestinationConfig } from '../../contract/index.ts';
import type { DestinationKind } from '../destination.ts';

/** Another function, or the same. */
export interface FunctionDestination extends DestinationConfig {
  readonly type: 'function';
  readonly function: string;
}

/** Functions, which are invoked asynchronously with the record as the event. */
export const functionDestination: DestinationKind<FunctionDestination> = {
  type: 'function',
  schema: {
    description: 'A function, which is invoked asynchronously with the record.',
    properties: {
      function: { description: 'Name of the function.', type: 'string', minLength: 1, examples: ['audit'] },
    },
    required: ['function'],
  },
  form: 'function:NAME',
  fromText: (text) =>
    text.startsWith('function:') ? { type: 'function', function: text.slice('function:'.length) } : undefined,
  labelOf: ({ function: name }) => `function '${name}'`,
  fault: ({ function: name }) =>
    isFunctionName(name)
      ? undefined
      : { key: 'function', fault: `names '${name}', which is not the name of a function` },
  load: () =>
    Promise.resolve({
      open: ({ function: name }, { enqueue }) =>
        Promise.resolve({
          send: (record) => enqueue(knownFunctionName(name), record),
          close: () => Promise.resolve(),
        }),
    }),
};
