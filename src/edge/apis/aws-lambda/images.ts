import type { Digest, FunctionConfig, VersionInfo } from '../../../contract/index.ts';
import { isLamError, lamError } from '../../../errors/index.ts';
import { objectIn, textIn } from '../../aws/members.ts';
import type { AwsCall } from './call.ts';
import { versionFacts, type ImageFacts } from './facts.ts';

/** The code of a function that is an image, with the settings and facts that follow from it. */
export interface ImageCodeOf {
  readonly artifact: Digest;
  readonly config: Pick<FunctionConfig, 'runtime' | 'handler'>;
  readonly image: ImageFacts;
}

/** AWS's `ImageConfig`. */
interface ImageConfig {
  readonly EntryPoint?: readonly string[];
  readonly Command?: readonly string[];
  readonly WorkingDirectory?: string;
}

/** The image that a version is, by this API; undefined for none, also where other code has been deployed since. */
export function imageOf(version: VersionInfo): ImageFacts | undefined {
  const { image } = versionFacts(version);
  return image?.artifact === version.artifact ? image : undefined;
}

/** Throws `LAM_AWS_PARAMETER` unless a request to create a function has what an image, or a zip, needs. */
export function checkPackage({ input }: AwsCall): void {
  const isImage = textIn(input, 'PackageType') === 'Image';
  const uri = objectIn(input, 'Code')?.['ImageUri'];
  const [runtime, handler] = [input['Runtime'], input['Handler']];
  if (!isImage) {
    if (runtime === undefined || handler === undefined)
      throw refused('Runtime and Handler are mandatory parameters for functions created with deployment packages.');
    if (uri !== undefined || input['ImageConfig'] !== undefined)
      throw refused("Please don't provide ImageUri or ImageConfig when the intended function PackageType is Zip.");
  } else if (runtime !== undefined || handler !== undefined || input['Layers'] !== undefined) {
    throw refused("Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.");
  } else if (uri === undefined) {
    throw refused('Please provide ImageUri when creating a function with packageType Image.');
  }
}

/**
 * Finds an image in the Docker engine, and makes it the code of a function. Throws `LAM_AWS_PARAMETER` in AWS's words for
 * one that is not there, and `LAM_DRIVER_NEEDS_DOCKER`. @param found the engine's id, to start another command of it
 */
export async function imageCode(
  call: AwsCall,
  uri: string,
  { config, found }: { readonly config?: ImageFacts['config']; readonly found?: string } = {},
): Promise<ImageCodeOf> {
  const {
    EntryPoint: entryPoint,
    Command: command,
    WorkingDirectory: workingDirectory,
  } = (config ?? {}) as ImageConfig;
  const start = { entryPoint, command, workingDirectory };
  try {
    const { artifact, runtime, handler, id } = await call.operations.images.lambdaCodeOf(found ?? uri, start);
    const image = { uri, id, artifact, ...(config === undefined ? {} : { config }) };
    return { artifact, config: { runtime, handler }, image };
  } catch (thrown) {
    if (!isLamError(thrown) || thrown.code !== 'LAM_OPERATIONS_IMAGE_NOT_FOUND') throw thrown;
    const message = `Source image ${uri} does not exist. Provide a valid source image.`;
    throw lamError('LAM_AWS_PARAMETER', { message }, thrown);
  }
}

/** `Code` of GetFunction. The engine's id stands for the digest of a registry. */
export function shownImage({ uri, id }: ImageFacts): Record<string, string> {
  const repository = uri.replace(/@.*$|:[^:/]*$/, '');
  return { RepositoryType: 'ECR', ImageUri: uri, ResolvedImageUri: `${repository}@${id}` };
}

function refused(message: string): Error {
  return lamError('LAM_AWS_PARAMETER', { message });
}
