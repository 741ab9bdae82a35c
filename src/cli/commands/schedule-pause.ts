import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG, SCHEDULE_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { safe } from '../render/table.ts';
import { namedSchedule, setSchedulePaused } from '../services/schedules.ts';

export default class SchedulePause extends LamCommand {
  static override summary = 'Pause a schedule.';
  static override description =
    'It plans no runs until it is resumed, also after a restart of the daemon and for later versions that have it. Runs that have begun go on.';
  static override args = { function: FUNCTION_ARG, schedule: SCHEDULE_ARG };
  static override examples = [
    { description: 'The only schedule of a function', command: '<%= config.bin %> schedule pause hello' },
    { description: 'One of several, by its name', command: '<%= config.bin %> schedule pause hello nightly' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(SchedulePause);
    const { out, cwd, client } = this.context(flags);
    const schedule = await namedSchedule(args, 'schedule pause', { cwd, daemon: client });
    await setSchedulePaused(await client(), schedule, true);
    out.result({ ...schedule, paused: true }, () => `paused '${safe(schedule.name)}' of ${schedule.functionName}`);
    return EXIT.ok;
  }
}
