import type { KeptEntries } from '../../running.ts';

/** The versions of files that were reported, or were there before the trigger: by key, durable. */
export class KnownFiles {
  readonly #entries: KeptEntries;
  /** Texts by name within a folder, by folder; the root is ''. */
  readonly #folders = new Map<string, Map<string, string>>();

  constructor(entries: KeptEntries) {
    this.#entries = entries;
    for (const [key, text] of entries.all()) this.#put(key, text);
  }

  get isEmpty(): boolean {
    return this.#folders.size === 0;
  }

  get(key: string): string | undefined {
    const [folder, name] = parted(key);
    return this.#folders.get(folder)?.get(name);
  }

  /** Sets what is known of a file; undefined: nothing. */
  set(key: string, text: string | undefined): void {
    if (this.get(key) === text) return;
    this.#put(key, text);
    this.#entries.set(key, text);
  }

  /** Folders with known files. */
  folders(): readonly string[] {
    return [...this.#folders.keys()];
  }

  /** Keys of the known files directly in a folder. */
  in(folder: string): readonly string[] {
    return [...(this.#folders.get(folder)?.keys() ?? [])].map((name) => keyIn(folder, name));
  }

  #put(key: string, text: string | undefined): void {
    const [folder, name] = parted(key);
    const names = this.#folders.get(folder) ?? new Map<string, string>();
    if (text === undefined) names.delete(name);
    else names.set(name, text);
    if (names.size === 0) this.#folders.delete(folder);
    else this.#folders.set(folder, names);
  }
}

/** The key of a name in a folder. */
export function keyIn(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function parted(key: string): readonly [folder: string, name: string] {
  const at = key.lastIndexOf('/');
  return at === -1 ? ['', key] : [key.slice(0, at), key.slice(at + 1)];
}
