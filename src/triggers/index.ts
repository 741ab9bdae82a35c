export { checkConflicts, declarationFaults } from './declared.ts';
export { type HttpTrigger } from './http/http.ts';
export { parseRoute, type Route } from './http/route.ts';
export { type Declared, type TriggerKind } from './kind.ts';
export { TRIGGER_KINDS } from './kinds.ts';
export { type Deliver, type TriggerEvent } from './running.ts';
export { NAME_SCHEMA, shapeFaults } from './shape.ts';
export { expandShortForms, inShortForms, overrideShortForms, shortFormsOf } from './short-forms.ts';
