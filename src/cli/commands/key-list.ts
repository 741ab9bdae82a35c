import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderApiKeys } from '../render/api-keys.ts';

export default class KeyList extends LamCommand {
  static override summary = 'List API keys.';
  static override description = 'Keys themselves are not stored and cannot be shown.';
  static override examples = [
    { description: 'All keys', command: '<%= config.bin %> key list' },
    { description: 'Their names, for a script', command: "<%= config.bin %> key list --json | jq -r '.data[].name'" },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(KeyList);
    const { out, client } = this.context(flags);
    const keys = await (await client()).keys.list();
    out.result(keys, () => renderApiKeys(keys, Date.now(), out.width));
    if (keys.length === 0 && !out.json) out.note('no API keys; create one: lam key create NAME');
    return EXIT.ok;
  }
}
