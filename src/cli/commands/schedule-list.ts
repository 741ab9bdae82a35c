import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderRuns, renderSchedules } from '../render/schedules.ts';
import { schedulesOf } from '../services/schedules.ts';
import { targetName } from '../services/target.ts';

export default class ScheduleList extends LamCommand {
  static override summary = 'List schedules: when they run next and how they last ran.';
  static override description =
    'The schedules of all functions, or of one. Times are in UTC. --history shows the last planned runs of each, with those that were skipped or missed.';
  static override args = { function: Args.string({ description: 'Name of a function; default: all.' }) };
  static override flags = { history: Flags.boolean({ summary: 'Show the last runs instead.' }) };
  static override examples = [
    { description: 'All schedules', command: '<%= config.bin %> schedule list' },
    { description: 'How those of a function ran', command: '<%= config.bin %> schedule list hello --history' },
    { description: 'As JSON', command: '<%= config.bin %> schedule list --json' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(ScheduleList);
    const { out, cwd, client } = this.context(flags);
    const name = args.function === undefined ? undefined : await targetName(args.function, cwd, 'schedule list');
    const schedules = await schedulesOf(await client(), name);
    const now = Date.now();
    out.result(schedules, () => (flags.history ? renderRuns : renderSchedules)(schedules, now, out.width));
    if (out.json) return EXIT.ok;
    if (schedules.length === 0)
      out.note(
        name === undefined
          ? "no function has a schedule; give one a schedule: lam config set FUNCTION schedules='every 5m'"
          : `'${name}' has no schedules; give it one: lam config set ${name} schedules='every 5m'`,
      );
    else if (flags.history && schedules.every(({ view }) => view.history.length === 0))
      out.note(
        'no planned run yet; see when they are: lam schedule list; runs of lam schedule run are in: lam invocations',
      );
    return EXIT.ok;
  }
}
