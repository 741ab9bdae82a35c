import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Context of `docker build` in `folder`, made of this machine's files, so that no registry is needed. */
export class ImageContext {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(join(folder, 'root'), { recursive: true });
  }

  /** Adds programs of this machine with the libraries they need, at their own paths. */
  programs(...paths: readonly string[]): this {
    for (const path of paths) this.#copy(path);
    return this.libraries(...paths);
  }

  /** Adds the libraries that these programs and modules need. */
  libraries(...paths: readonly string[]): this {
    for (const path of paths) {
      const found = execFileSync('ldd', [path], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g);
      for (const match of found) this.#copy(match[1] ?? '');
    }
    return this;
  }

  /** Adds a script or file of one's own, executable. */
  file(path: string, text: string): this {
    const place = this.#place(path);
    writeFileSync(place, text);
    chmodSync(place, 0o755);
    return this;
  }

  /** Writes the Dockerfile: everything added, and these instructions. */
  dockerfile(...instructions: readonly string[]): this {
    writeFileSync(join(this.folder, 'Dockerfile'), `${['FROM scratch', 'COPY root/ /', ...instructions].join('\n')}\n`);
    return this;
  }

  /** Builds it under a name; returns the image's id. */
  build(tag: string): string {
    execFileSync('docker', ['build', '--quiet', '--tag', tag, this.folder], { stdio: 'pipe' });
    return imageId(tag) ?? '';
  }

  #copy(file: string): void {
    const place = this.#place(file);
    if (!existsSync(place)) copyFileSync(realpathSync(file), place);
  }

  #place(path: string): string {
    const place = join(this.folder, 'root', path);
    mkdirSync(dirname(place), { recursive: true });
    return place;
  }
}

/** The engine's id of an image; undefined where it has none of this name. */
export function imageId(name: string): string | undefined {
  try {
    return execFileSync('docker', ['image', 'inspect', '--format', '{{.Id}}', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** Removes an image by its name, with all that only it needs; nothing if there is none. */
export function removeImage(name: string): void {
  try {
    execFileSync('docker', ['rmi', '--force', name], { stdio: 'ignore' });
  } catch {
    // It is not there.
  }
}
