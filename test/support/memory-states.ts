import type { TriggerStates } from '../../src/triggers/supervisor/kept.ts';

/** What triggers keep, for as long as a test lasts. */
export class MemoryStates implements TriggerStates {
  readonly values = new Map<string, string>();
  /** What the next changes reject with, if set. */
  failure: Error | undefined;

  keys(): readonly string[] {
    return [...this.values.keys()];
  }

  get(key: string): unknown {
    const text = this.values.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  set(key: string, value: unknown): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, JSON.stringify(value));
    return Promise.resolve();
  }
}
