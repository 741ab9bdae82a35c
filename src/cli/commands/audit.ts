import { Flags } from '@oclif/core';
import { AUDIT_OUTCOMES, type AuditEntry, type AuditOutcome, type AuditQuery } from '../../contract/index.ts';
import { EXIT, lamError } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { auditLine } from '../render/audit.ts';
import { parseTime } from '../render/format.ts';

export default class Audit extends LamCommand {
  static override summary = 'Show who changed what, and what was refused, by any API.';
  static override description =
    'Changes of functions, aliases, layers, keys and triggers, and requests that were refused, oldest first. Invocations are not noted, refused ones are. Neither payloads nor secrets are.';
  static override flags = {
    since: Flags.string({ helpValue: '1h', summary: 'Only entries since then: 5m, 1h, 2d, or a date.' }),
    key: Flags.string({ helpValue: 'NAME', summary: 'Only what this API key did.' }),
    function: Flags.string({ helpValue: 'FUNCTION', summary: 'Only what is about this function.' }),
    outcome: Flags.option({ options: AUDIT_OUTCOMES })({ summary: 'Only changes, failed ones, or refusals.' }),
    lines: Flags.integer({ char: 'n', helpValue: 'N', summary: 'At most so many of the newest.', min: 1 }),
    follow: Flags.boolean({ char: 'f', summary: 'Show new entries as they are noted, until Ctrl-C.' }),
  };
  static override examples = [
    { description: 'The last hour', command: '<%= config.bin %> audit --since 1h' },
    { description: 'What was refused', command: '<%= config.bin %> audit --outcome refused --follow' },
    { description: 'What one key did to one function', command: '<%= config.bin %> audit --key ci --function orders' },
    { description: 'As JSON, for a script', command: '<%= config.bin %> audit --since 1d --json' },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(Audit);
    const { out, client } = this.context(flags);
    const { follow } = flags;
    const query = queryOf(flags);
    process.once('SIGINT', () => process.exit(EXIT.interrupted));
    const entries = (await client()).audit.read({ ...query, follow });
    if (follow) {
      for await (const entry of entries) out.print(out.json ? JSON.stringify(entry) : auditLine(entry, out.color));
      return EXIT.ok;
    }
    const noted: AuditEntry[] = [];
    for await (const entry of entries) noted.push(entry);
    out.result(noted, () => noted.map((entry) => auditLine(entry, out.color)).join('\n'));
    if (noted.length === 0 && !out.json) out.note(emptyText(flags));
    return EXIT.ok;
  }
}

/** Entries that are shown where neither `--lines` nor `--since` is given. */
const NEWEST = 100;

interface QueryFlags {
  readonly since?: string | undefined;
  readonly lines?: number | undefined;
  readonly key?: string | undefined;
  readonly function?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
}

/** What the flags ask for. Throws `LAM_CLI_BAD_TIME`. */
function queryOf({ since, lines, key, function: name, outcome }: QueryFlags): AuditQuery {
  const most = lines ?? (since === undefined ? NEWEST : undefined);
  return {
    ...(since === undefined ? {} : { since: sinceOf(since) }),
    ...(most === undefined ? {} : { lines: most }),
    ...(key === undefined ? {} : { key }),
    ...(name === undefined ? {} : { function: name }),
    ...(outcome === undefined ? {} : { outcome }),
  };
}

function emptyText({ since, key, function: name, outcome }: QueryFlags): string {
  const isFiltered = [since, key, name, outcome].some((value) => value !== undefined);
  return isFiltered
    ? 'no entry matches; see all: lam audit'
    : 'nothing noted yet; changes and refusals by any API will be';
}

function sinceOf(text: string): number {
  const at = parseTime(text, Date.now());
  if (at === undefined) throw lamError('LAM_CLI_BAD_TIME', { text });
  return Math.max(0, Math.floor(at));
}
