import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG, SCHEDULE_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { safe } from '../render/table.ts';
import { namedSchedule, setSchedulePaused } from '../services/schedules.ts';

export default class ScheduleResume extends LamCommand {
  static override summary = 'Resume a paused schedule.';
  static override description =
    'It runs again at its next planned time; what it would have run while it was paused is not made up for.';
  static override args = { function: FUNCTION_ARG, schedule: SCHEDULE_ARG };
  static override examples = [
    { description: 'The only schedule of a function', command: '<%= config.bin %> schedule resume hello' },
    { description: 'One of several, by its name', command: '<%= config.bin %> schedule resume hello nightly' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(ScheduleResume);
    const { out, cwd, client } = this.context(flags);
    const schedule = await namedSchedule(args, 'schedule resume', { cwd, daemon: client });
    await setSchedulePaused(await client(), schedule, false);
    out.result({ ...schedule, paused: false }, () => `resumed '${safe(schedule.name)}' of ${schedule.functionName}`);
    return EXIT.ok;
  }
}
