import { systemClock } from '@syncline/memory';
import { runCrashes } from './crash-run';

const KILLS = 100;

/** `--kills 100 --seed 7`: the crash suite as long as one likes. */
async function main(args: readonly string[]): Promise<number> {
  const numberOf = (name: string, otherwise: number): number => {
    const given = args[args.indexOf(name) + 1];
    return args.includes(name) && given !== undefined ? Number(given) : otherwise;
  };
  const seed = numberOf('--seed', systemClock().nowMs() % 100_000);
  const kills = numberOf('--kills', KILLS);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  say(`${kills} kills, seed ${seed}`);
  const { faults, acknowledged } = await runCrashes({ kills, seed, say });
  for (const fault of faults) say(fault);
  say(
    faults.length === 0
      ? `nothing lost, nothing doubled: ${acknowledged} acknowledged changes, ${kills} kills, seed ${seed}`
      : `${faults.length} faults, seed ${seed}`,
  );
  return faults.length === 0 ? 0 : 1;
}

const awake = setInterval(() => undefined, 60_000);
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  clearInterval(awake);
});
