export { CATALOGUE } from './catalogue/index.ts';
export { KINDS, EXIT, type Kind, type Fault } from './kinds.ts';
export {
  LamError,
  lamError,
  isLamError,
  messageOf,
  toWire,
  fromWire,
  type ErrorCode,
  type ErrorData,
  type WireError,
} from './lam-error.ts';
export { printable } from './printable.ts';
export { asLamError, errnoOf, pathOf, systemError } from './system-error.ts';
