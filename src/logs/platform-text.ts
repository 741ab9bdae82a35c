import type { PlatformRecord, RequestId, VersionNumber } from '../contract/index.ts';
import { escapeControls } from '../kit/index.ts';

/** Returns AWS Lambda's text for a record (START; END and REPORT; init errors), without the final line break. Pure. */
export function platformText(record: PlatformRecord, requestId: RequestId | '', version: VersionNumber): string {
  switch (record.type) {
    case 'start':
      return `START RequestId: ${requestId} Version: ${version}`;
    case 'note':
      return record.text;
    case 'init-error':
      return `INIT_REPORT Phase: init\tStatus: error\tError Type: ${escapeControls(record.errorType)}`;
    case 'report': {
      const parts = [
        `REPORT RequestId: ${requestId}`,
        `Duration: ${record.durationMs.toFixed(2)} ms`,
        `Billed Duration: ${record.billedMs} ms`,
        `Memory Size: ${record.memoryMiB} MB`,
        `Max Memory Used: ${record.maxMemoryMiB} MB`,
      ];
      if (record.initMs !== undefined) parts.push(`Init Duration: ${record.initMs.toFixed(2)} ms`);
      if (record.status === 'timeout') parts.push('Status: timeout');
      else if (record.status !== 'success')
        parts.push(`Status: error\tError Type: ${escapeControls(record.errorType ?? 'Unknown')}`);
      return `END RequestId: ${requestId}\n${parts.join('\t')}\t`;
    }
    default:
      return record satisfies never;
  }
}
