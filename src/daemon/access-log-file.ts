import type { AccessLogFormat } from '../contract/index.ts';
import type { AccessLog } from '../edge/index.ts';
import type { Clock } from '../kit/index.ts';
import type { DaemonLog } from './daemon-log.ts';
import { LineFile, type Rotation } from './line-file.ts';

const ROTATION: Rotation = { size: '10M', rotate: 4 };
const FLUSH_MS = 250;

/** What the file of an access log needs. */
export interface AccessLogParts {
  /** Folder of `access.log`. */
  readonly folder: string;
  readonly format: AccessLogFormat;
  readonly clock: Clock;
  readonly onTrouble: DaemonLog;
  readonly rotation?: Rotation;
}

/** An access log in a file. */
export class AccessLogFile extends LineFile implements AccessLog {
  readonly format: AccessLogFormat;
  readonly clock: Clock;

  constructor({ folder, format, clock, onTrouble, rotation = ROTATION }: AccessLogParts) {
    super({ folder, name: 'access.log', called: 'the access log', flushMs: FLUSH_MS, rotation, clock, onTrouble });
    this.format = format;
    this.clock = clock;
  }
}
