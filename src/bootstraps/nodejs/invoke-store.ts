import { AsyncLocalStorage } from 'node:async_hooks';

/** The members that only the runtime may set, by the keys of AWS's package `@aws/lambda-invoke-store`. */
const KEYS = {
  requestId: Symbol.for('_AWS_LAMBDA_REQUEST_ID'),
  traceId: Symbol.for('_AWS_LAMBDA_X_RAY_TRACE_ID'),
  tenantId: Symbol.for('_AWS_LAMBDA_TENANT_ID'),
} as const;
/** By this variable a function keeps its global scope as it is (AWS). */
const OPT_OUT = 'AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA';

type Values = Record<PropertyKey, unknown>;

declare global {
  /** Where AWS's Node runtime, its SDK and Powertools meet. */
  var awslambda: { InvokeStore?: InvokeStore } | undefined;
}

/**
 * What AWS's Node runtime offers as `awslambda.InvokeStore`: values of the invocation whose code asks. Its SDK takes the
 * trace id of a request from here, since `_X_AMZN_TRACE_ID` can't be right for several invocations at once.
 */
export class InvokeStore {
  readonly #storage = new AsyncLocalStorage<Values>();

  /** Makes it the one that everybody finds, unless the function does not want that. */
  install(): void {
    if (['1', 'true'].includes(process.env[OPT_OUT] ?? '')) return;
    globalThis.awslambda ??= {};
    globalThis.awslambda.InvokeStore = this;
  }

  /** Calls `act` for one invocation. */
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
