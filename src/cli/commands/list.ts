import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderFunctions } from '../render/functions.ts';

export default class List extends LamCommand {
  static override summary = 'List the functions that are deployed.';
  static override description =
    'One line per function: its live version, how many versions are kept, its runtime, warm sandboxes and URL.';
  static override aliases = ['ls', 'functions'];
  static override examples = [
    { description: 'All functions', command: '<%= config.bin %> list' },
    { description: 'Their names alone, for a script', command: '<%= config.bin %> list --json | jq -r ".data[].name"' },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(List);
    const { out, client } = this.context(flags);
    const functions = await (await client()).functions.list();
    out.result(functions, () => renderFunctions(functions, Date.now(), out.color, out.width));
    return EXIT.ok;
  }
}
