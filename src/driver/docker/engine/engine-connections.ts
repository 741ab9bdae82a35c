import { Agent } from 'node:http';
import { inspect } from 'node:util';

/**
 * HTTP agent for the engine with a `toString` of its own: docker-modem formats the options of each request for a debug
 * log even when that is off, and formatting an agent with the sockets of a dozen attached containers takes 10 ms.
 */
export class EngineConnections extends Agent {
  constructor() {
    super({ keepAlive: true });
  }

  [inspect.custom](): string {
    return 'EngineConnections';
  }
}
