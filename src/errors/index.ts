export { CATALOGUE } from './catalogue/index.ts';
export { KINDS, EXIT, type Kind, type Fault } from './kinds.ts';
export {
  LamError,
  lamError,
  isLamError,
  asLamError,
  toWire,
  fromWire,
  printable,
  type ErrorCode,
  type ErrorData,
  type WireError,
} from './lam-error.ts';
