/**
 * The file of a package that is the unpacked file system of a container image, and the handler of its function: it says
 * what the image starts.
 */
export const UNPACKED_FILE = '.lam/image.json';

/** A container image whose files are the package, as {@link UNPACKED_FILE} describes it. Paths are those of the image. */
export interface UnpackedImage {
  /** Docker's id of the image: `sha256:...`. */
  readonly id: string;
  /** Docker's name of the architecture: `amd64`. */
  readonly architecture: string;
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  /** Absolute. */
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}
