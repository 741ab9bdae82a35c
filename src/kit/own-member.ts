/** Returns what a record holds under a key of its own; undefined for what all objects inherit, like `toString`. Pure. */
export function ownMember<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
