import type { FunctionName, Qualifier } from '../contract/index.ts';
import type { HttpForm } from '../edge/index.ts';
import { ownMember } from '../kit/index.ts';
import { OWN_URL_AUTH, OWN_URLS, ownUrlAuthAt, type Registry, type Revision } from '../registry/index.ts';
import type { Catalogue } from '../store/index.ts';
import { PROTOCOLS } from '../runtimes/index.ts';

/**
 * Returns how functions take HTTP requests, as their versions say. An alias with weights has the form of its own
 * version.
 */
export function httpForms(
  registry: Registry,
  catalogue: Pick<Catalogue, 'view'>,
): (functionName: FunctionName, qualifier: Qualifier | undefined) => HttpForm {
  return (functionName, qualifier) => {
    const { config, runtime } = revisionOf(registry, functionName, qualifier);
    return {
      cors: ownMember(catalogue.view.fact(functionName, OWN_URLS), qualifier ?? ''),
      auth: ownUrlAuthAt(catalogue.view.fact(functionName, OWN_URL_AUTH), qualifier ?? ''),
      isAsync: config.async,
      payload: config.payload,
      carriesPath: PROTOCOLS[runtime.descriptor.protocol].httpEventsHavePath,
    };
  };
}

/** The live version stands in for one that does not exist: the call is answered with an error anyway. */
function revisionOf(registry: Registry, functionName: FunctionName, qualifier: Qualifier | undefined): Revision {
  try {
    return registry.resolve(functionName, qualifier);
  } catch {
    return registry.resolve(functionName);
  }
}
