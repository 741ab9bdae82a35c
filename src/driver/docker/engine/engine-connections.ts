import { Agent } from 'node:http';
import { inspect } from 'node:util';

/**
 * Connections to the engine. docker-modem, which dockerode sends its requests with, makes a text of everything that belongs to a
 * request before it sends it, for a debug log that is off: without a text of its own an agent is shown with all its sockets,
 * to any depth, and with a dozen containers attached each request so takes 10 ms longer.
 */
export class EngineConnections extends Agent {
  constructor() {
    super({ keepAlive: true });
  }

  [inspect.custom](): string {
    return 'EngineConnections';
  }
}
