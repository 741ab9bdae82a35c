import { connect, type ChannelModel } from 'amqplib';

/** Longest time to connect (ms). */
const CONNECT_MS = 10_000;
/** A connection without a sign of life for two of these is lost (s). */
const HEARTBEAT_S = 10;

/** Connects to a broker under a name that it shows. Rejects with the error of amqplib. */
export function connectBroker(url: string, name: string): Promise<ChannelModel> {
  const clientProperties = { connection_name: name };
  return connect(withHeartbeat(url), { timeout: CONNECT_MS, clientProperties });
}

/** Adds the heartbeat, unless the URL has one. */
function withHeartbeat(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(HEARTBEAT_S));
  return url.href;
}
