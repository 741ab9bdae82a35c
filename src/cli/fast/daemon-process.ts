import { closeSync, writeSync } from 'node:fs';
import type { DaemonOptions, StartReport } from '../../contract/daemon-options.ts';
import type { LamError } from '../../errors/lam-error.ts';
import type { Installation } from '../installation.ts';
import { SETTINGS_VARIABLE, type DaemonTask } from './daemon-settings.ts';

const REPORT = 3;

/**
 * Runs the daemon in this process, which `lam start` spawned, or rehearses its start for `lam restart`. Reports once on
 * descriptor 3 that requests are accepted or could be, or why not, and closes it. Resolves with the exit code when the daemon has ended.
 */
export async function runDaemonProcess(installation: Installation): Promise<number> {
  const { settings, rehearseFor } = JSON.parse(process.env[SETTINGS_VARIABLE] ?? '{}') as DaemonTask;
  delete process.env[SETTINGS_VARIABLE];
  let told = false;
  const tell = (report: StartReport): void => {
    if (told) return;
    told = true;
    try {
      writeSync(REPORT, `${JSON.stringify(report)}\n`);
      closeSync(REPORT);
    } catch {
      // The parent has exited; the daemon keeps serving.
    }
  };
  try {
    const { runDaemon, rehearseDaemon } = installation.loadDaemon();
    const options: DaemonOptions = {
      ...settings,
      foreground: false,
      assets: installation.assets(settings.home),
      version: installation.version,
      build: installation.build(),
      nodeCommand: installation.nodeCommand(settings.home),
      onReady: (status) => tell({ ok: true, status }),
    };
    if (rehearseFor === undefined) return await runDaemon(options);
    await rehearseDaemon(options, rehearseFor);
    tell({ ok: true, status: null });
    return 0;
  } catch (error) {
    const { code = 'LAM_INTERNAL', message, hint, details } = error as Partial<LamError> & Error;
    // The log is that of the daemon that goes on.
    if (rehearseFor === undefined)
      process.stderr.write(`${error instanceof Error ? (error.stack ?? message) : String(error)}\n`);
    tell({
      ok: false,
      error: { code, message, ...(hint === undefined ? {} : { hint }), ...(details === undefined ? {} : { details }) },
    });
    return 1;
  }
}
