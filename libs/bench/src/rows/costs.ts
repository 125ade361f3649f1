import { COSTED_WORK, type CostedWork } from '../costed-work';
import { type CpuMeter, eachProcess, newCpuMeter, PROCESS_NAMES, type Spent } from '../cpu-meter';
import { priceOfHolding } from '../held-sessions';
import { median, times } from '../numbers';
import { postgresAtRest } from '../postgres-at-rest';
import type { Bench, Figure, Row } from '../row';
import { storedBytes } from '../storage-costs';

export const costs: Row = {
  name: 'costs',
  onlyInFull: true,
  what: 'CPU microseconds of the services and servers for one of what they do, and bytes that stay',
  async measure(bench) {
    const meter = await newCpuMeter(bench.stack);
    await postgresAtRest(bench.stack);
    const figures: Figure[] = [];
    for (const work of COSTED_WORK)
      figures.push(figure(bench, work, 'µs', await priceOf(bench, meter, work)));
    // Of so little, a quick look sees nothing.
    if (!bench.quick) figures.push(figure(bench, HOLDING, 'µs a second', await priceOfHolding(bench, meter)));
    return [...figures, ...(await storedBytes(bench))];
  },
};

const HOLDING = { name: 'open session', checked: 'nothing was sent, so that nothing could be lost' };

async function priceOf(bench: Bench, meter: CpuMeter, work: CostedWork): Promise<readonly Spent[]> {
  const { some, end } = await work.begin(bench);
  await some();
  // What Postgres has put off until now is not to be counted.
  await bench.stack.query('checkpoint');
  const repeats = await times(bench.repeats, async () => {
    const before = meter.spentSoFar();
    const count = await some();
    const after = meter.spentSoFar();
    return eachProcess((name) => (after[name] - before[name]) / count);
  });
  await end();
  return repeats;
}

function figure(
  bench: Bench,
  { name, checked }: Pick<CostedWork, 'name' | 'checked'>,
  unit: string,
  repeats: readonly Spent[],
): Figure {
  const medians = eachProcess((each) => median(repeats.map((spent) => spent[each])));
  bench.say(`  ${name}: ${PROCESS_NAMES.map((each) => `${each} ${medians[each].toFixed(1)}`).join(', ')}`);
  const values = repeats.map((spent) => sum(Object.values(spent)));
  return {
    name: `costs ${name}`,
    unit,
    values,
    floors: null,
    goal: null,
    checked,
    more: { medians, repeats },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
