import { asLamError } from '../../errors/index.ts';
import type { Operations } from '../operations.ts';
import { callerFacts, reaches, rightsRefusal, type AuditSink, type ApiCaller } from './caller.ts';
import { RULES, type AnyRule } from './rules.ts';

/** Returns the operations as a caller may use them: each is checked against its rights, changes and refusals are noted. */
export type OperationsFor = (caller: ApiCaller) => Operations;

type Method = (...args: readonly unknown[]) => unknown;

/**
 * Guards operations: the one place that decides which of them, and of which functions, a key allows. Guarded ones throw
 * `LAM_OPERATIONS_NOT_ALLOWED` besides; those with a promise for result reject with it.
 */
export function guardedOperations(operations: Operations, audit: AuditSink): OperationsFor {
  const ruleOf = (subject: string, method: string): AnyRule | undefined => {
    const rules = RULES as unknown as Readonly<Record<string, Readonly<Record<string, AnyRule>>>>;
    return rules[subject]?.[method];
  };
  return (caller) => {
    const guarded = (subject: string, of: object): object =>
      new Proxy(of, {
        get(target, name) {
          const method: unknown = Reflect.get(target, name);
          const rule = typeof name === 'string' ? ruleOf(subject, name) : undefined;
          if (typeof method !== 'function' || rule === undefined) return undefined;
          const call = new GuardedCall({ operations, audit, caller, rule, operation: `${subject}.${String(name)}` });
          return (...args: readonly unknown[]) => call.run((method as Method).bind(target), args);
        },
      });
    return new Proxy(operations, {
      get: (target, subject) => guarded(String(subject), Reflect.get(target, subject) as object),
    });
  };
}

interface CallParts {
  readonly operations: Operations;
  readonly audit: AuditSink;
  readonly caller: ApiCaller;
  readonly rule: AnyRule;
  readonly operation: string;
}

/** One operation, as one caller may use it. */
class GuardedCall {
  readonly #parts: CallParts;

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  run(method: Method, args: readonly unknown[]): unknown {
    const { rule, caller, operations } = this.#parts;
    this.#check(rule.of?.(...args), args);
    const ids = caller.rights === undefined || caller.rights.functions.length === 0 ? [] : (rule.ids?.(...args) ?? []);
    if (ids.length === 0) return this.#ended(() => method(...args), args);
    const owners = ids.map(async (id) => (await operations.async.get(id, 0)).functionName.split(':', 1)[0]);
    return Promise.all(owners).then((names) => {
      for (const name of names) this.#check(name, args);
      return this.#ended(() => method(...args), args);
    });
  }

  /** Throws `LAM_OPERATIONS_NOT_ALLOWED`. */
  #check(functionName: string | undefined, args: readonly unknown[]): void {
    const { caller, rule, operation } = this.#parts;
    const { scopes, isWide } = rule;
    const refused = rightsRefusal(caller, { operation: caller.request ?? operation, scopes, functionName, isWide });
    if (refused === undefined) return;
    this.#note('refused', { args, code: refused.code, functionName });
    throw refused;
  }

  #ended(run: () => unknown, args: readonly unknown[]): unknown {
    let result: unknown;
    try {
      result = run();
    } catch (thrown) {
      throw this.#failed(thrown, args);
    }
    if (!(result instanceof Promise)) return this.#done(result, args);
    return result.then(
      (value: unknown) => this.#done(value, args),
      (thrown: unknown) => {
        throw this.#failed(thrown, args);
      },
    );
  }

  #done(result: unknown, args: readonly unknown[]): unknown {
    const { rule, caller } = this.#parts;
    if (rule.changes?.(...args) === true) this.#note('done', { args, result });
    const isLimited = caller.rights !== undefined && caller.rights.functions.length > 0;
    return isLimited && rule.keep !== undefined ? rule.keep(result, (name) => reaches(caller, name)) : result;
  }

  #failed(thrown: unknown, args: readonly unknown[]): unknown {
    if (this.#parts.rule.changes?.(...args) === true) this.#note('failed', { args, code: asLamError(thrown).code });
    return thrown;
  }

  #note(outcome: 'done' | 'failed' | 'refused', { args, result, code, functionName }: NotedFacts): void {
    const { audit, caller, rule, operation } = this.#parts;
    const name = functionName ?? rule.of?.(...args);
    const target = rule.target?.(result, ...args);
    audit.note({
      ...callerFacts(caller, operation),
      operation,
      ...(name === undefined ? {} : { function: name }),
      ...(target === undefined ? {} : { target }),
      outcome,
      ...(code === undefined ? {} : { code }),
    });
  }
}

interface NotedFacts {
  readonly args: readonly unknown[];
  readonly result?: unknown;
  readonly code?: string;
  readonly functionName?: string | undefined;
}
