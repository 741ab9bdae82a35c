import { Channel } from '../shared/channel.ts';
import { startClient } from '../javascript/client.ts';
import { rehearse } from './rehearsal.ts';
import { installStackFormat } from '../javascript/stack.ts';
import { NodeStartupCache } from './startup-cache.ts';

/** The heap option that the process driver sets in `NODE_OPTIONS`. */
const HEAP_OPTION = /^--max-old-space-size=\d+$/;

startClient({
  host: {
    interpreter: `node ${process.versions.node}`,
    openCache: (taskRoot, archive) => new NodeStartupCache(taskRoot, archive),
  },
  prepare() {
    // It sized the heap of this process; processes that the function starts must not inherit it.
    if (HEAP_OPTION.test(process.env['NODE_OPTIONS'] ?? '')) delete process.env['NODE_OPTIONS'];
    installStackFormat(__filename);
  },
  connectionOf: (socket) => new Channel(socket),
  onStem: () => void rehearse(),
});
