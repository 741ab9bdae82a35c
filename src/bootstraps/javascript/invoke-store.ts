import { AsyncLocalStorage } from 'node:async_hooks';

/** Keys that only the runtime may set, as in AWS's package `@aws/lambda-invoke-store`. */
const KEYS = {
  requestId: Symbol.for('_AWS_LAMBDA_REQUEST_ID'),
  traceId: Symbol.for('_AWS_LAMBDA_X_RAY_TRACE_ID'),
  tenantId: Symbol.for('_AWS_LAMBDA_TENANT_ID'),
} as const;
/** With this variable a function turns the global `awslambda` off, as on AWS. */
const OPT_OUT = 'AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA';

type Values = Record<PropertyKey, unknown>;

declare global {
  /** The global object that AWS's Node runtime, its SDK and Powertools share. */
  var awslambda: { InvokeStore?: InvokeStore; streamifyResponse?: unknown; HttpResponseStream?: unknown } | undefined;
}

/** Whether the function lets the runtime have a global object `awslambda`. */
export function hasAwsGlobal(): boolean {
  return !['1', 'true'].includes(process.env[OPT_OUT] ?? '');
}

/**
 * `awslambda.InvokeStore` of AWS's Node runtime: values of the invocation that asks. AWS's SDK reads the trace id here,
 * because `_X_AMZN_TRACE_ID` can hold only one of several invocations.
 */
export class InvokeStore {
  readonly #storage = new AsyncLocalStorage<Values>();

  /** Makes it the global store, unless the function has turned that off. */
  install(): void {
    if (!hasAwsGlobal()) return;
    globalThis.awslambda ??= {};
    globalThis.awslambda.InvokeStore = this;
  }

  /** Calls `act` in the context of one invocation. */
  enter(invocation: { readonly requestId: string; readonly traceId: string }, act: () => void): void {
    this.run(
      { [KEYS.requestId]: invocation.requestId, [KEYS.traceId]: invocation.traceId, [KEYS.tenantId]: undefined },
      act,
    );
  }

  run<T>(values: Values, act: () => T): T {
    return this.#storage.run(values, act);
  }

  getContext(): Values | undefined {
    return this.#storage.getStore();
  }

  hasContext(): boolean {
    return this.getContext() !== undefined;
  }

  get(key: PropertyKey): unknown {
    return this.getContext()?.[key];
  }

  set(key: PropertyKey, value: unknown): void {
    if (Object.values<PropertyKey>(KEYS).includes(key))
      throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
    const values = this.getContext();
    if (values === undefined) throw new Error('No context available');
    values[key] = value;
  }

  getRequestId(): unknown {
    return this.get(KEYS.requestId) ?? '-';
  }

  getXRayTraceId(): unknown {
    return this.get(KEYS.traceId);
  }

  getTenantId(): unknown {
    return this.get(KEYS.tenantId);
  }
}
