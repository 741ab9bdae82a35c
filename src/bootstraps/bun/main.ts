import { Channel } from '../shared/channel.ts';
import { startClient } from '../javascript/client.ts';
import { installConsole } from '../javascript/console.ts';
import { installStackFormat } from '../javascript/stack.ts';
import { faultOf } from './faults.ts';

startClient({
  host: { interpreter: `bun ${process.versions['bun']}`, faultOf },
  prepare: () => installStackFormat(__filename),
  connectionOf: (socket) => new Channel(socket),
  onStarted: installConsole,
});
