export { CATALOGUE } from './catalogue/index.ts';
export { KINDS, EXIT, type Kind, type Fault } from './kinds.ts';
export {
  LamError,
  lamError,
  isLamError,
  asLamError,
  messageOf,
  toWire,
  fromWire,
  type ErrorCode,
  type ErrorData,
  type WireError,
} from './lam-error.ts';
export { printable } from './printable.ts';
