import { judge, withoutFigure, type Outcome } from './measure.ts';
import { NotRun, type Curve, type Row, type RowResult } from './row.ts';
import { Scene, type SceneOptions } from './scene.ts';

/** Time limit of a row (ms): a hang costs one row, not the run. */
const ROW_LIMIT_MS = 15 * 60_000;

/** Grace period of a row whose scene was ended (ms). */
const PUT_AWAY_MS = 25_000;

const WHY_CHARS = 400;

/** Results of some rows. */
export interface Found {
  readonly outcomes: readonly Outcome[];
  readonly curves: readonly Curve[];
}

/** Runs rows one after the other in one scene; after a row that failed the next one gets a new scene. */
export class Session {
  readonly #options: SceneOptions;
  #scene: Scene | undefined;
  /** The running row. */
  #running: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(options: SceneOptions) {
    this.#options = options;
  }

  /** Ends everything, then the process, on SIGINT or SIGTERM. */
  endOnSignal(): void {
    const stop = (signal: NodeJS.Signals): void => {
      this.#isOver = true;
      void this.close().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
    };
    process.once('SIGINT', stop).once('SIGTERM', stop);
  }

  /**
   * Never rejects for a failure of a row: its measures are then `failed` or `not run`, with the reason. After a signal
   * it does not settle.
   */
  async run(row: Row): Promise<Found> {
    if (this.#isOver) return new Promise(() => undefined);
    this.#scene ??= await Scene.open(this.#options);
    try {
      const result = row.run(this.#scene);
      this.#running = result;
      const { findings, curves = [] } = await limited(result, ROW_LIMIT_MS);
      return { outcomes: row.measures.map((measure) => outcomeOf(row, measure, findings)), curves };
    } catch (error) {
      const why = oneLine(error instanceof Error ? error.message : String(error));
      if (this.#isOver) return new Promise(() => undefined);
      const verdict = error instanceof NotRun ? 'not run' : 'failed';
      if (verdict === 'failed') await this.close();
      return { outcomes: row.measures.map((measure) => withoutFigure(row.id, measure, verdict, why)), curves: [] };
    }
  }

  /** Ends everything that was started, and gives a running row time to clean up. */
  async close(): Promise<void> {
    const scene = this.#scene;
    this.#scene = undefined;
    await scene?.dispose();
    await limited(this.#running, PUT_AWAY_MS).catch(() => undefined);
  }
}

function outcomeOf(row: Row, measure: Row['measures'][number], findings: RowResult['findings']): Outcome {
  const finding = findings[measure.id];
  return finding === undefined
    ? withoutFigure(row.id, measure, 'failed', 'the row gave no samples of it')
    : judge(row.id, measure, finding);
}

/** Output of several lines, shortened for a table. */
function oneLine(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ');
  return line.length <= WHY_CHARS ? line : `${line.slice(0, WHY_CHARS)} ...`;
}

async function limited<T>(work: Promise<T>, ms: number): Promise<T> {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(new Error(`it took longer than ${ms / 60_000} minutes`)), ms);
  try {
    return await Promise.race([work, limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}
