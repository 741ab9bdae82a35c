import type { IncomingMessage } from 'node:http';
import { isFunctionName, type ArtifactAnswer, type ConfigInput, type FunctionName } from '../../../contract/index.ts';
import { lamError, type LamError } from '../../../errors/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { formParts, isMultipart } from '../../multipart.ts';

/**
 * Time limit of functions that are deployed by Glambdar's API, which has none (ms). Its clients wait for slow functions, and
 * one that hangs must not keep its sandbox for ever.
 */
const TIMEOUT_MS = 60_000;

/** What a deploy uses. */
export interface DeployParts {
  readonly operations: Pick<Operations, 'artifacts' | 'versions'>;
  readonly exists: (name: FunctionName) => boolean;
  /** Names of functions that are being deployed. */
  readonly underWay: Set<FunctionName>;
}

/** What a deploy's form holds. */
interface DeployForm {
  readonly artifact: ArtifactAnswer;
  /** Text of the wanted name. */
  readonly name: string;
  /** Requests per second; 0 for no limit. */
  readonly rateLimit: number;
}

/**
 * Deploys the zip of a form as a new function and returns its name. Throws `LAM_EDGE_FORM_WITHOUT_ZIP`,
 * `LAM_EDGE_BAD_FORM`, `LAM_EDGE_FUNCTION_EXISTS`, and what storing and publishing throw.
 */
export async function deploy(
  { operations, exists, underWay }: DeployParts,
  request: IncomingMessage,
): Promise<FunctionName> {
  const { artifact, name, rateLimit } = await readForm(operations, request);
  if (!isFunctionName(name)) throw lamError('LAM_REGISTRY_INVALID_NAME', { name });
  if (exists(name) || underWay.has(name)) throw lamError('LAM_EDGE_FUNCTION_EXISTS', { name });
  const config: ConfigInput = {
    runtime: 'nodejs',
    handler: 'index.handler',
    timeoutMs: TIMEOUT_MS,
    ...rateOf(rateLimit),
  };
  underWay.add(name);
  try {
    await operations.versions.publish(name, { artifact: artifact.artifact, config, message: 'Glambdar API' });
  } finally {
    underWay.delete(name);
  }
  return name;
}

async function readForm({ artifacts }: Pick<Operations, 'artifacts'>, request: IncomingMessage): Promise<DeployForm> {
  const type = request.headers['content-type'];
  if (!isMultipart(type)) throw lamError('LAM_EDGE_FORM_WITHOUT_ZIP', {});
  let artifact: ArtifactAnswer | undefined;
  let fileName = '';
  const fields = new Map<string, string>();
  for await (const part of formParts(type, request)) {
    if (part.kind === 'value') fields.set(part.name, part.text);
    else if (part.name === 'file' && artifact === undefined) {
      ({ fileName } = part);
      artifact = await artifacts.receiveZip(part.content);
    }
  }
  if (artifact === undefined) throw lamError('LAM_EDGE_FORM_WITHOUT_ZIP', {});
  const asked = fields.get('funcName') ?? '';
  return {
    artifact,
    name: asked === '' ? baseName(fileName) : asked,
    rateLimit: wholeOf(fields.get('rateLimit') ?? ''),
  };
}

/** A file's name without folders and the last extension. */
function baseName(file: string): string {
  const name = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
}

/** A whole number; 0 for any other text, as Glambdar reads it. */
function wholeOf(text: string): number {
  return /^[+-]?[0-9]{1,15}$/.test(text) ? Number(text) : 0;
}

/** A rate limit of Glambdar as settings: 0 and less mean none, and a tenth of a second's requests may come at once. */
export function rateOf(rateLimit: number): Pick<ConfigInput, 'rateLimit' | 'burst'> {
  if (rateLimit <= 0) return { rateLimit: null, burst: null };
  return { rateLimit, burst: Math.max(1, Math.floor(rateLimit / 10)) };
}

/** Whether an error is about what was sent, which Glambdar answers with 400. */
export function isDeployFault(error: LamError): boolean {
  return error.httpStatus < 500 && error.code !== 'LAM_EDGE_FORM_WITHOUT_ZIP' && error.code !== 'LAM_EDGE_FOREIGN_USER';
}
