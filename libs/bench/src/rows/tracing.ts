import { startBenchStack } from '../bench-stack';
import { newFleet } from '../fleet';
import { times } from '../numbers';
import { changesOf, openPusher, type Pusher } from '../pusher';
import { atLeast, type Bench, insist, type Row } from '../row';
import { openSpanSink } from '../span-sink';
import { nowMs, timed } from '../stopwatch';
import { recordCount } from '../store-facts';

const SIZE = { spaces: 8, devicesPerSpace: 8 };
const SAMPLED_PERCENT = '10';
/** Of both by turns: what is left of it when code is still being compiled is more than what tracing costs. */
const WARM_UP_ROUNDS = 5;

export const tracing: Row = {
  name: 'tracing',
  onlyInFull: true,
  what: `pushes as in push-single, ${SAMPLED_PERCENT} % of them traced, beside the same without`,
  async measure(bench) {
    const sink = await openSpanSink();
    const traced = await openSide(bench, {
      SYNCLINE_OTLP_URL: sink.url,
      SYNCLINE_TRACE_SAMPLED_PERCENT: SAMPLED_PERCENT,
    });
    const plain = await openSide(bench, {});
    try {
      for (let round = 0; round < WARM_UP_ROUNDS; round++)
        for (const side of [traced, plain]) await side.perSecond();
      const floors: number[] = [];
      const values = await times(bench.repeats, async (at) => {
        // Whoever comes second finds the machine as the first has left it.
        if (at % 2 === 0) floors.push(await plain.perSecond());
        const value = await traced.perSecond();
        if (at % 2 === 1) floors.push(await plain.perSecond());
        return value;
      });
      insist(sink.bytes > 0, 'no trace has arrived');
      for (const side of [traced, plain]) await side.insistAllThere();
      const checked =
        'each change answered APPLIED, every record counted in Postgres, and traces have arrived';
      return [{ name: 'tracing', unit: 'changes/s', values, floors, goal: atLeast(0.95), checked }];
    } finally {
      await traced.close();
      await plain.close();
      sink.close();
    }
  },
};

/** An installation of its own, with its devices. */
async function openSide(bench: Bench, env: Readonly<Record<string, string>>) {
  const stack = await startBenchStack({ env });
  const { spaces, members } = await newFleet({ ...bench, stack }, 'traced', SIZE, ({ space, device }) =>
    openPusher({ ...bench, stack }, space, device),
  );
  return {
    perSecond: () => ratePerSecond(members, bench.quick ? 1_000 : 4_000),
    async insistAllThere(): Promise<void> {
      const [stored, acknowledged] = [await recordCount(stack, spaces), changesOf(members)];
      insist(stored === acknowledged, `${stored} of ${acknowledged} acknowledged records are stored`);
    },
    async close(): Promise<void> {
      for (const member of members) member.close();
      await stack.close();
    },
  };
}

async function ratePerSecond(pushers: readonly Pusher[], forMs: number): Promise<number> {
  const before = changesOf(pushers);
  const untilMs = nowMs() + forMs;
  const ms = await timed(() => Promise.all(pushers.map((pusher) => pusher.pushSinglesUntil(untilMs))));
  return ((changesOf(pushers) - before) / ms) * 1_000;
}
