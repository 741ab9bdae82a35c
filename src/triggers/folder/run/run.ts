import type { TriggerStarter } from '../../running.ts';
import type { FolderTrigger } from '../settings.ts';
import { Flood } from './change-watch.ts';
import { folderTrial } from './trial.ts';
import { WatchedFolder } from './watched-folder.ts';

/** Creates the running half of watched folders. */
export function folders(): TriggerStarter<FolderTrigger> {
  const flood = new Flood();
  return {
    async start(config, host) {
      const watched = new WatchedFolder(config, host, flood);
      try {
        await watched.start();
      } catch (error) {
        await watched.stop();
        throw error;
      }
      return watched;
    },
    trial: folderTrial,
  };
}
