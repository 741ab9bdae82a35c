import type { OwnUrlCors } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import { corsFault } from '../../../triggers/index.ts';

/** AWS's `Cors` of function URLs. */
export interface AwsCors {
  readonly AllowCredentials?: boolean;
  readonly AllowHeaders?: readonly string[];
  readonly AllowMethods?: readonly string[];
  readonly AllowOrigins?: readonly string[];
  readonly ExposeHeaders?: readonly string[];
  readonly MaxAge?: number;
}

/** What lam does of it: all origins, methods and headers are `*`. Throws `LAM_AWS_PARAMETER` for what browsers refuse. */
export function corsOf(cors: AwsCors): OwnUrlCors | undefined {
  const { AllowOrigins: origins = [], MaxAge: maxAge } = cors;
  // Without one, no page of another origin may call.
  if (origins.length === 0) return undefined;
  const listed = (name: string, texts: readonly string[] = []): object =>
    texts.length === 0 || texts.includes('*') ? {} : { [name]: texts };
  const options: OwnUrlCors = {
    origins: origins.map((origin) => origin.toLowerCase()),
    ...listed('methods', cors.AllowMethods),
    ...listed('headers', cors.AllowHeaders),
    ...listed('exposeHeaders', cors.ExposeHeaders),
    ...(cors.AllowCredentials === true ? { credentials: true } : {}),
    ...(maxAge === undefined ? {} : { maxAge }),
  };
  const fault = corsFault(options);
  if (fault !== undefined) throw lamError('LAM_AWS_PARAMETER', { message: `Cors ${fault}` });
  return options;
}
