/** The only file in the package of a function that is a container image. */
export const IMAGE_FILE = 'image.json';

/** A container image as a version keeps it: by its id, so that a tag that moves changes no version. */
export interface PinnedImage {
  /** As the author wrote it: a name, a tar or a Dockerfile. */
  readonly source: string;
  /** The engine's id of the image: `sha256:...`. */
  readonly id: string;
  /** The engine's name of the architecture: `amd64`. */
  readonly architecture: string;
  /** What is started: entry point and command, those of lam.yaml before those of the image. */
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  /** Absolute path in the image. */
  readonly workingDirectory: string;
}

/** Reads the text of {@link IMAGE_FILE}; undefined for any other text. */
export function pinnedImageOf(text: string): PinnedImage | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isPinnedImage(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isPinnedImage(value: unknown): value is PinnedImage {
  if (typeof value !== 'object' || value === null) return false;
  const { source, id, architecture, entryPoint, command, workingDirectory } = value as Record<string, unknown>;
  return (
    [source, id, architecture, workingDirectory].every((each) => typeof each === 'string') &&
    [entryPoint, command].every((each) => Array.isArray(each) && each.every((word) => typeof word === 'string')) &&
    /^sha256:[0-9a-f]{64}$/.test(id as string)
  );
}

/** Characters of an image's id in the name under which lam keeps it. */
const ID_LENGTH = 16;

/** The name and tag under which lam keeps an image; `repository`: see {@link keptImages}. Pure. */
export function keptImageName(repository: string, id: string): { readonly repository: string; readonly tag: string } {
  const from = 'sha256:'.length;
  return { repository, tag: id.slice(from, from + ID_LENGTH) };
}

/** Name under which lam keeps an image of the home with this id, so that no clean-up of the engine removes it. */
export function keptImages(homeId: string): string {
  return `lam-image-${homeId}`;
}
