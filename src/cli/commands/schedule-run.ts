import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG, SCHEDULE_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { safe } from '../render/table.ts';
import { namedSchedule, runSchedule } from '../services/schedules.ts';

export default class ScheduleRun extends LamCommand {
  static override summary = 'Run a schedule now.';
  static override description =
    'Queues its event at once, also while it is paused, and leaves its plan as it is. Without SCHEDULE, the only one of the function.';
  static override args = { function: FUNCTION_ARG, schedule: SCHEDULE_ARG };
  static override examples = [
    { description: 'The only schedule of a function', command: '<%= config.bin %> schedule run hello' },
    { description: 'One of several, by its name', command: "<%= config.bin %> schedule run hello 'every 5m'" },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(ScheduleRun);
    const { out, cwd, client } = this.context(flags);
    const schedule = await namedSchedule(args, 'schedule run', { cwd, daemon: client });
    const daemon = await client();
    const requestId = await runSchedule(daemon, schedule);
    out.result(
      { ...schedule, requestId },
      () => `queued '${safe(schedule.name)}' of ${schedule.functionName}: ${requestId}`,
    );
    out.note(`see its result: lam result ${requestId} --wait`);
    return EXIT.ok;
  }
}
