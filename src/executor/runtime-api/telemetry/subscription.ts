/** Streams that an extension may subscribe to. */
export const TELEMETRY_STREAMS = ['platform', 'function', 'extension'] as const;
export type TelemetryStream = (typeof TELEMETRY_STREAMS)[number];

/** Where an extension listens inside its sandbox. */
export type TelemetryDestination =
  | { readonly via: 'HTTP'; readonly host: string; readonly port: number; readonly path: string }
  | { readonly via: 'TCP'; readonly host: string; readonly port: number };

/** A valid subscription. */
export interface TelemetryWish {
  readonly streams: ReadonlySet<TelemetryStream>;
  readonly destination: TelemetryDestination;
  readonly maxItems: number;
  readonly maxBytes: number;
  /** How long an event waits for others (ms). */
  readonly timeoutMs: number;
}

/** Default and bounds of each limit. Source: AWS's "Lambda Telemetry API reference" and "Lambda Logs API". */
const LIMITS_OF_BUFFERS = {
  telemetry: {
    maxItems: { usual: 1000, least: 1000, most: 10_000 },
    maxBytes: { usual: 262_144, least: 262_144, most: 1_048_576 },
    timeoutMs: { usual: 1000, least: 25, most: 30_000 },
  },
  logs: {
    maxItems: { usual: 10_000, least: 1000, most: 10_000 },
    maxBytes: { usual: 262_144, least: 262_144, most: 1_048_576 },
    timeoutMs: { usual: 1000, least: 25, most: 30_000 },
  },
} as const;

/** Versions of the bodies of each API. */
const SCHEMAS = { telemetry: ['2022-07-01', '2022-12-13', '2025-01-29'], logs: ['2020-08-15', '2021-03-18'] } as const;

/** The API that a subscription came by: they differ in the events of the platform stream. */
export type TelemetryApi = keyof typeof SCHEMAS;

/** Names of the sandbox itself; nothing else is ever contacted. */
const HOSTS: ReadonlySet<string> = new Set(['sandbox', 'sandbox.localdomain', 'localhost', '127.0.0.1']);

/** Reads the body of a subscription; returns what is wrong with it instead. Pure. */
export function parseSubscription(api: TelemetryApi, text: string): TelemetryWish | { readonly fault: string } {
  const body = parseRecord(text);
  if (body === undefined) return { fault: 'the body is not a JSON object' };
  const { schemaVersion, types, destination, buffering } = body;
  const schemas: readonly unknown[] = SCHEMAS[api];
  if (schemaVersion !== undefined && !schemas.includes(schemaVersion))
    return { fault: `schemaVersion must be one of ${schemas.join(', ')}` };
  if (!Array.isArray(types) || types.length === 0 || !types.every(isStream))
    return { fault: `types must name some of ${TELEMETRY_STREAMS.join(', ')}` };
  const to = destinationOf(destination);
  if (typeof to === 'string') return { fault: to };
  const limits = buffersOf(api, buffering);
  if (typeof limits === 'string') return { fault: limits };
  return { streams: new Set(types), destination: to, ...limits };
}

function destinationOf(given: unknown): TelemetryDestination | string {
  if (!isRecord(given)) return 'destination is missing';
  if (given['protocol'] === 'TCP') {
    const port = given['port'];
    return isPort(port) ? { via: 'TCP', host: 'sandbox', port } : 'destination.port must be 1 to 65535';
  }
  const uri = given['URI'];
  if (given['protocol'] !== 'HTTP' || typeof uri !== 'string')
    return 'destination must have protocol HTTP and URI, or TCP and port';
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || !uri.startsWith('http:') || !HOSTS.has(url.hostname))
    return 'destination.URI must begin with http://sandbox.localdomain';
  return { via: 'HTTP', host: url.hostname, port: Number(url.port || 80), path: `${url.pathname}${url.search}` };
}

type Buffers = Pick<TelemetryWish, 'maxItems' | 'maxBytes' | 'timeoutMs'>;

function buffersOf(api: TelemetryApi, given: unknown): Buffers | string {
  const wanted = given === undefined || given === null ? {} : given;
  if (!isRecord(wanted)) return 'buffering must be an object';
  const limits = LIMITS_OF_BUFFERS[api];
  const read = (name: keyof Buffers): number => {
    const value = wanted[name] ?? limits[name].usual;
    // Of an object, `Number()` may throw.
    return typeof value === 'object' ? Number.NaN : Number(value);
  };
  for (const name of ['maxItems', 'maxBytes', 'timeoutMs'] as const) {
    const { least, most } = limits[name];
    const value = read(name);
    if (!Number.isInteger(value) || value < least || value > most)
      return `buffering.${name} must be ${least} to ${most}`;
  }
  return { maxItems: read('maxItems'), maxBytes: read('maxBytes'), timeoutMs: read('timeoutMs') };
}

function parseRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    // Not JSON.
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
}

function isStream(value: unknown): value is TelemetryStream {
  return (TELEMETRY_STREAMS as readonly unknown[]).includes(value);
}
