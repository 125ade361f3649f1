import { type Bench, Diverged, type Figure, type Row } from './row';
import { nowMs } from './stopwatch';

/** A row's figures, or why there are none. */
export interface Measured {
  readonly row: Row;
  readonly figures: readonly Figure[];
  readonly refused: string | null;
  readonly tookMs: number;
}

/** One after the other, so that none disturbs another. */
export async function measureRows(rows: readonly Row[], bench: Bench): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const row of rows) {
    bench.say(`${row.name}: ${row.what}`);
    const from = nowMs();
    const result = await row.measure(bench).then(
      (figures) => ({ figures, refused: null }),
      (failure: unknown) => ({ figures: [], refused: whyRefused(failure) }),
    );
    measured.push({ row, ...result, tookMs: nowMs() - from });
    if (result.refused !== null) bench.say(`  not reported: ${result.refused}`);
  }
  return measured;
}

function whyRefused(failure: unknown): string {
  if (failure instanceof Diverged) return failure.message;
  return failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
}
