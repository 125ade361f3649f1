import { memoryRateLimits } from '@syncline/memory';
import { describeRateLimitsContract, manualTime } from '@syncline/port-contracts';
import type { RateLimits, RateRequest } from '@syncline/ports';
import fc from 'fast-check';
import { ratesAhead } from './rates-ahead';

describeRateLimitsContract('what is taken ahead', async () => {
  const time = manualTime();
  return {
    limits: ratesAhead({ rates: memoryRateLimits({ clock: time }), clock: time }),
    prefix: 'ahead',
    advance: async (ms) => time.advance(ms),
    close: () => Promise.resolve(),
  };
});

const DEVICE: RateRequest = { bucket: 't/device', amount: 1, perSecond: 100, burst: 1_000 };
const TENANT: RateRequest = { bucket: 't/tenant', amount: 1, perSecond: 2_000, burst: 20_000 };
const of = (request: RateRequest, amount: number): RateRequest => ({ ...request, amount });

function world(answers: () => Promise<void> = () => Promise.resolve()) {
  const clock = manualTime();
  const shared = memoryRateLimits({ clock });
  const asked: (readonly number[])[] = [];
  const rates: RateLimits = {
    async take(wanted) {
      asked.push(wanted.map(({ amount }) => amount));
      const answer = await shared.take(wanted);
      await answers();
      return answer;
    },
  };
  return { clock, shared, asked, gateway: () => ratesAhead({ rates, clock }) };
}

test('whoever asks often is answered from what was taken ahead', async () => {
  const { gateway, asked } = world();
  const limits = gateway();
  const both = [DEVICE, TENANT];
  for (let left = 999; left >= 978; left--)
    expect(await limits.take(both)).toMatchObject({ granted: true, remaining: [left, left + 19_000] });
  expect(asked).toEqual([
    [1, 1],
    [21, 401],
  ]);
  await limits.take(both);
  expect(asked.slice(2)).toEqual([[21, 21]]);
});

test('whoever asks rarely, or for much, is given just that', async () => {
  const { gateway, asked, clock } = world();
  const limits = gateway();
  await limits.take([DEVICE]);
  clock.advance(1_001);
  await limits.take([DEVICE]);
  await limits.take([of(DEVICE, 21)]);
  expect(asked).toEqual([[1], [1], [21]]);
});

test('what was taken ahead lapses as the shared bucket fills up', async () => {
  const { gateway, asked, clock } = world();
  const limits = gateway();
  await limits.take([DEVICE]);
  await limits.take([DEVICE]);
  clock.advance(220);
  await limits.take([of(DEVICE, 2)]);
  expect(asked).toEqual([[1], [21], [22]]);
});

test('what was taken ahead stays as long as others keep the shared bucket from filling up', async () => {
  const { gateway, asked, clock, shared } = world();
  const limits = gateway();
  await shared.take([of(DEVICE, 300)]);
  await limits.take([DEVICE]);
  await limits.take([DEVICE]);
  clock.advance(1_000);
  expect(await limits.take([of(DEVICE, 20)])).toMatchObject({ granted: true });
  expect(asked).toEqual([[1], [21]]);
});

test('with little left, it asks for what is wanted and no more', async () => {
  const { gateway, asked, shared } = world();
  const limits = gateway();
  await shared.take([of(DEVICE, 501)]);
  for (let left = 498; left >= 0; left--)
    expect(await limits.take([DEVICE])).toMatchObject({ granted: true, remaining: [left] });
  expect(await limits.take([DEVICE])).toMatchObject({ granted: false, retryAfterMs: 10, remaining: [0] });
  expect(new Set(asked.flat())).toEqual(new Set([1]));
});

test('is not refused where others have left just enough for what is wanted', async () => {
  const { gateway, asked, shared } = world();
  const limits = gateway();
  await limits.take([DEVICE]);
  await shared.take([of(DEVICE, 997)]);
  expect(await limits.take([of(DEVICE, 2)])).toMatchObject({ granted: true, remaining: [0] });
  expect(asked).toEqual([[1], [22], [2]]);
});

test('what was taken ahead is spent first, and kept by a refusal', async () => {
  const { gateway, shared } = world();
  const limits = gateway();
  await limits.take([DEVICE]);
  await limits.take([DEVICE]);
  await shared.take([of(DEVICE, 970)]);
  expect(await limits.take([of(DEVICE, 29)])).toMatchObject({ granted: false, retryAfterMs: 10 });
  expect(await limits.take([of(DEVICE, 28)])).toMatchObject({ granted: true, remaining: [0] });
});

test('while one request takes ahead, those beside it wait for what it brings', async () => {
  const { gateway, asked } = world();
  const limits = gateway();
  await limits.take([DEVICE]);
  const answers = await Promise.all([1, 2, 3].map(() => limits.take([DEVICE])));
  expect(answers.map(({ granted, remaining }) => [granted, remaining])).toEqual([
    [true, [998]],
    [true, [997]],
    [true, [996]],
  ]);
  expect(asked).toEqual([[1], [21]]);
});

test('those that wait ask themselves where what was taken ahead is not enough for all, or did not come', async () => {
  const failing = { now: false };
  const { gateway, asked } = world(() =>
    failing.now ? Promise.reject(new Error('away')) : Promise.resolve(),
  );
  const limits = gateway();
  await limits.take([DEVICE]);
  const answers = await Promise.all([1, 20, 5].map((amount) => limits.take([of(DEVICE, amount)])));
  expect(answers.map(({ remaining }) => remaining)).toEqual([[998], [978], [973]]);
  expect(asked).toEqual([[1], [21], [25]]);
  failing.now = true;
  await limits.take([of(DEVICE, 20)]);
  const failed = await Promise.allSettled([2, 2].map((amount) => limits.take([of(DEVICE, amount)])));
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(asked.slice(3)).toEqual([[22], [22]]);
});

const ofDevice = (name: string): RateRequest => ({ ...DEVICE, bucket: `t/${name}` });

test('who has to ask takes ahead for the others that are busy as well, in one request', async () => {
  const { gateway, asked, clock } = world();
  const limits = gateway();
  const names = ['a', 'b', 'c'];
  const takeFor = (name: string) => limits.take([ofDevice(name), TENANT]);
  for (const name of ['rare', ...names]) await takeFor(name);
  for (const name of [...names, ...names]) await takeFor(name);
  clock.advance(250);
  asked.length = 0;
  for (const name of names) expect((await takeFor(name)).remaining[0]).toBeGreaterThan(970);
  expect(asked).toEqual([[21, 401, 20, 20]]);
  await takeFor('rare');
  expect(asked.slice(1)).toEqual([[21, 3]]);
  await limits.take([{ ...ofDevice('a'), bucket: 'elsewhere/a' }]);
  expect(asked.slice(2)).toEqual([[1]]);
});

test('is not refused because of what is taken ahead for others', async () => {
  const { gateway, asked, clock, shared } = world();
  const limits = gateway();
  for (const name of ['a', 'b']) for (let times = 0; times < 3; times++) await limits.take([ofDevice(name)]);
  clock.advance(250);
  await shared.take([of(ofDevice('b'), 995)]);
  asked.length = 0;
  expect(await limits.take([ofDevice('a')])).toMatchObject({ granted: true });
  expect(asked).toEqual([[21, 20], [1]]);
  expect(await limits.take([of(ofDevice('b'), 6)])).toMatchObject({ granted: false, lacking: 0 });
});

test('buckets that are full again are forgotten when there are many', async () => {
  const { gateway, asked, clock } = world();
  const [forgetful, limits] = [gateway(), gateway()];
  const many = Array.from({ length: 1_100 }, (_, index) => ({ ...DEVICE, bucket: `t/${index}` }));
  for (const each of [forgetful, limits]) await each.take([DEVICE]);
  clock.advance(20);
  for (const request of many) await forgetful.take([request]);
  asked.length = 0;
  for (const each of [forgetful, limits]) await each.take([DEVICE]);
  expect(asked).toEqual([[1], [21]]);
});

test('a failure of the shared buckets is passed on, and costs nothing that was left', async () => {
  const failing = { now: false };
  const { gateway, asked } = world(() =>
    failing.now ? Promise.reject(new Error('away')) : Promise.resolve(),
  );
  const limits = gateway();
  await limits.take([DEVICE]);
  await limits.take([DEVICE]);
  failing.now = true;
  await expect(limits.take([of(DEVICE, 21)])).rejects.toThrow('away');
  for (let spent = 0; spent < 20; spent++) expect((await limits.take([DEVICE])).granted).toBe(true);
  expect(asked).toHaveLength(3);
});

const steps = fc.array(
  fc.record({
    gateway: fc.constantFrom(0, 1),
    amounts: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 }),
    pauseMs: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 3_000 })),
  }),
  { minLength: 1, maxLength: 60 },
);
const rate = fc.record({
  perSecond: fc.integer({ min: 1, max: 200 }),
  burst: fc.integer({ min: 12, max: 300 }),
});

/** What one process that takes nothing ahead would have left after what was granted. */
function referenceFor({ perSecond, burst }: Pick<RateRequest, 'perSecond' | 'burst'>) {
  const bucket = { thousandths: burst * 1_000 };
  return {
    pass: (ms: number) => {
      bucket.thousandths = Math.min(burst * 1_000, bucket.thousandths + ms * perSecond);
    },
    grant: (amount: number) => (bucket.thousandths -= amount * 1_000),
  };
}

test('two gateways together never grant more than one bucket would, in whatever time', async () => {
  await fc.assert(
    fc.asyncProperty(rate, steps, async (own, done) => {
      const { clock, gateway } = world();
      const gateways = [gateway(), gateway()];
      const reference = referenceFor(own);
      for (const { gateway: which, amounts, pauseMs } of done) {
        const wanted = amounts.map((amount) => ({ bucket: 't/b', amount, ...own }));
        const answers = await Promise.all(wanted.map((request) => gateways[which]!.take([request])));
        for (const [place, answer] of answers.entries())
          if (answer.granted) expect(reference.grant(amounts[place]!)).toBeGreaterThanOrEqual(-1e-6);
        clock.advance(pauseMs);
        reference.pass(pauseMs);
      }
    }),
    { numRuns: 500 },
  );
});

test('nor where devices take ahead for each other', async () => {
  const devices = fc.array(
    fc.record({
      gateway: fc.constantFrom(0, 1),
      from: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 }),
      amount: fc.integer({ min: 1, max: 5 }),
      pauseMs: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 600 })),
    }),
    { minLength: 1, maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(rate, rate, devices, async (own, ofAll, done) => {
      const { clock, gateway } = world();
      const gateways = [gateway(), gateway()];
      const names = { a: own, b: own, c: own, all: ofAll };
      const references = new Map(Object.entries(names).map(([name, one]) => [name, referenceFor(one)]));
      for (const { gateway: which, from, amount, pauseMs } of done) {
        const both = (name: string) => [
          { bucket: `t/${name}`, amount, ...own },
          { bucket: 't/all', amount, ...ofAll },
        ];
        const answers = await Promise.all(from.map((name) => gateways[which]!.take(both(name))));
        for (const [place, name] of from.entries())
          if (answers[place]!.granted)
            for (const each of [name, 'all'])
              expect(references.get(each)!.grant(amount)).toBeGreaterThanOrEqual(-1e-6);
        clock.advance(pauseMs);
        for (const reference of references.values()) reference.pass(pauseMs);
      }
    }),
    { numRuns: 200 },
  );
});

test('one gateway grants and tells what the buckets alone would, but for a part of one', async () => {
  await fc.assert(
    fc.asyncProperty(rate, steps, async (own, done) => {
      const { clock, gateway } = world();
      const limits = gateway();
      const reference = referenceFor(own);
      for (const { amounts, pauseMs } of done) {
        for (const amount of amounts) {
          const answer = await limits.take([{ bucket: 't/b', amount, ...own }]);
          const before = reference.grant(0);
          const after = answer.granted ? reference.grant(amount) : before;
          if (!answer.granted) expect(before).toBeLessThan((amount + 1) * 1_000);
          for (const told of answer.remaining) expect(told * 1_000).toBeLessThanOrEqual(after + 1e-6);
        }
        clock.advance(pauseMs);
        reference.pass(pauseMs);
      }
    }),
    { numRuns: 500 },
  );
});
