import { type CpuMeter, eachProcess, type Spent } from './cpu-meter';
import { newFleet } from './fleet';
import { median, times } from './numbers';
import { openReader } from './reader';
import type { Bench } from './row';
import { pause } from './waiting';

const SIZE = { spaces: 1_000, devicesPerSpace: 2 };
const SETTLE_MS = 3_000;
/** Each lease is renewed once in it. */
const LOOK_SECONDS = 10;

/**
 * CPU microseconds a second for each session that is open while nothing happens. What is spent without any is taken off, as
 * it is once they are gone: the upkeep of their spaces is not theirs. It comes and goes, hence the median of looks that are
 * shorter than its pauses.
 */
export async function priceOfHolding(bench: Bench, meter: CpuMeter): Promise<readonly Spent[]> {
  const { members } = await newFleet(bench, 'cost-held', SIZE, (place) => openReader(bench, place));
  await pause(SETTLE_MS);
  const held = await times(bench.repeats, () => perSecond(meter));
  for (const reader of members) reader.close();
  await pause(SETTLE_MS);
  const without = await times(bench.repeats, () => perSecond(meter));
  const usual = eachProcess((name) => median(without.map((spent) => spent[name])));
  return held.map((spent) => eachProcess((name) => (spent[name] - usual[name]) / members.length));
}

async function perSecond(meter: CpuMeter): Promise<Spent> {
  const before = meter.spentSoFar();
  await pause(LOOK_SECONDS * 1_000);
  const after = meter.spentSoFar();
  return eachProcess((name) => (after[name] - before[name]) / LOOK_SECONDS);
}
