import { parseArgs } from 'node:util';
import { planOf } from './plan';
import { runWorld } from './run';
import { shrink } from './shrink';

const STORY_LINES_MAX = 200;

/**
 * `npm run sim -- --seeds N [--from S] [--stop]`: N worlds, the first failing one told as short as it can be made.
 * With `--stop` it ends at the first failure without telling.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      stop: { type: 'boolean', default: false },
    },
  });
  const seeds = Number(values.seeds);
  const from = Number(values.from);
  if (!Number.isSafeInteger(seeds) || seeds < 1 || !Number.isSafeInteger(from)) {
    throw new RangeError('--seeds and --from take whole numbers');
  }
  const failed: number[] = [];
  const total = { commits: 0, conflicts: 0, checkpoints: 0, edits: 0 };
  let run = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    run++;
    const result = await runWorld(planOf(seed));
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += result[key];
    if (result.failures.length === 0) continue;
    failed.push(seed);
    console.log(`seed ${seed}: promise ${result.failures[0]!.promise}: ${result.failures[0]!.what}`);
    if (values.stop) break;
    if (failed.length === 1) await tellStory(seed, result.failures[0]!.promise);
  }
  const { edits, commits, conflicts, checkpoints } = total;
  console.log(
    `${edits} edits, ${commits} commits, ${conflicts} conflicts, ${checkpoints} checkpoints compared`,
  );
  if (failed.length > 0) console.log(`failing seeds: ${failed.join(', ')}`);
  console.log(`${run - failed.length} passed, ${failed.length} failed`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

async function tellStory(seed: number, promise: string): Promise<void> {
  const plan = await shrink(planOf(seed), promise);
  const { story, failures } = await runWorld(plan, true);
  console.log(`seed ${seed}, made smaller: ${plan.actions.length} actions`);
  for (const line of story.slice(-STORY_LINES_MAX)) console.log(line);
  for (const { promise, what } of failures) console.log(`promise ${promise}: ${what}`);
}

void main();
