import type { TriggerConfig } from '../contract/index.ts';
import type { Endpoint, TriggerKind } from './kind.ts';

/**
 * URLs at which a function answers: its own, or where a trigger closes that, those of its triggers, each after its method:
 * `GET http://127.0.0.1:8000/orders`. Pure. @param own `http://127.0.0.1:8000/shop`
 */
export function endpointsOf(
  own: string,
  triggers: readonly TriggerConfig[],
  kinds: readonly TriggerKind[],
): readonly string[] {
  const endpoints = triggers.flatMap((one) => kinds.find(({ type }) => type === one.type)?.endpoint?.(one) ?? []);
  if (!endpoints.some(({ closesOwnUrl }) => closesOwnUrl)) return [own];
  const base = own.slice(0, own.lastIndexOf('/'));
  return endpoints.map((endpoint) => urlOf(base, endpoint));
}

function urlOf(base: string, { method, host, path }: Endpoint): string {
  const at = host === undefined ? base : base.replace(/^(\w+:\/\/)(?:\[[^\]]*\]|[^:/]+)/, `$1${host}`);
  return `${method} ${at}${path}`;
}
