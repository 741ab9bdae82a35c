import { startClient } from '../javascript/client.ts';
import { installConsole } from '../javascript/console.ts';
import { installStackFormat } from '../javascript/stack.ts';
import { DenoChannel } from './channel.ts';
import { faultOf } from './faults.ts';

/** Variables that were meant for this process, see the descriptor. */
const OWN_VARIABLES = ['DENO_V8_FLAGS', 'DENO_NO_UPDATE_CHECK', 'NO_COLOR'];

startClient({
  host: { interpreter: `deno ${process.versions['deno']}`, faultOf },
  prepare() {
    for (const name of OWN_VARIABLES) delete process.env[name];
    installStackFormat(__filename);
  },
  connectionOf: (socket) => new DenoChannel(socket),
  onStarted: installConsole,
});
