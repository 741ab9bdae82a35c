/** JSON values that wire APIs keep over restarts, by key. Keys begin with the name of the API. */
export interface KeptStates {
  keys(): readonly string[];
  get(key: string): unknown;
  /** Sets a value, or removes it if undefined. Reads return it at once; resolves when it is durable. */
  set(key: string, value: unknown): Promise<void>;
}
