import type { RateLimits, RateRequest } from '@syncline/ports';
import { madeForSuite, namesFor, type UnderTest } from './store-under-test';

export interface RateLimitsUnderTest extends UnderTest {
  readonly limits: RateLimits;
  /**
   * Lets exactly this time pass for the buckets, and none passes by itself: an adapter of a service is given the
   * time by a clock as well.
   */
  readonly advance: (ms: number) => Promise<void>;
}

interface World {
  readonly made: () => RateLimitsUnderTest;
  readonly bucket: () => string;
}

const wanted = (bucket: string, amount: number, perSecond = 10, burst = 20): RateRequest => ({
  bucket,
  amount,
  perSecond,
  burst,
});

const GRANTED = { granted: true, retryAfterMs: 0, lacking: null };
const refusedFor = (retryAfterMs: number, lacking = 0) => ({ granted: false, retryAfterMs, lacking });

export function describeRateLimitsContract(name: string, make: () => Promise<RateLimitsUnderTest>): void {
  describe(`${name} keeps the contract of rate limits`, () => {
    const made = madeForSuite(make);
    const { word } = namesFor(made);
    const world = { made, bucket: () => `${made().prefix}/${word()}` };
    describeTaking(world);
    describeRefilling(world);
    describeSeveral(world);
  });
}

function describeTaking({ made, bucket }: World): void {
  test('a bucket that was never used is full, and gives until it is empty', async () => {
    const { limits } = made();
    const name = bucket();
    expect(await limits.take([wanted(name, 15)])).toEqual({ ...GRANTED, remaining: [5] });
    expect(await limits.take([wanted(name, 5)])).toEqual({ ...GRANTED, remaining: [0] });
    expect(await limits.take([wanted(name, 1)])).toEqual({ ...refusedFor(100), remaining: [0] });
  });

  test('a request that is not granted takes nothing', async () => {
    const { limits } = made();
    const name = bucket();
    await limits.take([wanted(name, 12)]);
    expect(await limits.take([wanted(name, 9)])).toEqual({ ...refusedFor(100), remaining: [8] });
    expect(await limits.take([wanted(name, 8)])).toMatchObject({ granted: true, remaining: [0] });
  });

  test('asking for nothing takes nothing', async () => {
    const name = bucket();
    expect(await made().limits.take([wanted(name, 0)])).toEqual({ ...GRANTED, remaining: [20] });
  });

  test('of many who take at the same moment as many are granted as there is', async () => {
    const name = bucket();
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => made().limits.take([wanted(name, 1)])),
    );
    expect(answers.filter(({ granted }) => granted)).toHaveLength(20);
  });
}

function describeRefilling({ made, bucket }: World): void {
  test('it refills evenly', async () => {
    const { limits, advance } = made();
    const name = bucket();
    await limits.take([wanted(name, 20)]);
    await advance(99);
    expect((await limits.take([wanted(name, 1)])).granted).toBe(false);
    await advance(1);
    expect((await limits.take([wanted(name, 1)])).granted).toBe(true);
    await advance(1_050);
    expect(await limits.take([wanted(name, 0)])).toMatchObject({ remaining: [10] });
    await advance(50);
    expect(await limits.take([wanted(name, 11)])).toMatchObject({ granted: true, remaining: [0] });
  });

  test('it never holds more than its burst', async () => {
    const { limits, advance } = made();
    const name = bucket();
    await limits.take([wanted(name, 1)]);
    await advance(60_000);
    expect(await limits.take([wanted(name, 20)])).toMatchObject({ granted: true, remaining: [0] });
    expect((await limits.take([wanted(name, 1)])).granted).toBe(false);
  });

  test.each([
    [7, 3, 20],
    [3, 19, 20],
    [1_000, 20, 20],
    [9, 5, 5],
  ])(
    'after the told time it is granted (%d a second, %d of a burst of %d)',
    async (perSecond, amount, burst) => {
      const { limits, advance } = made();
      const name = bucket();
      await limits.take([wanted(name, burst, perSecond, burst)]);
      const { retryAfterMs } = await limits.take([wanted(name, amount, perSecond, burst)]);
      expect(retryAfterMs).toBe(Math.ceil((amount * 1_000) / perSecond));
      await advance(retryAfterMs - 1);
      expect((await limits.take([wanted(name, amount, perSecond, burst)])).granted).toBe(false);
      await advance(1);
      expect((await limits.take([wanted(name, amount, perSecond, burst)])).granted).toBe(true);
    },
  );

  test('more than the burst is granted from a full bucket, and then owed', async () => {
    const { limits, advance } = made();
    const name = bucket();
    expect(await limits.take([wanted(name, 50)])).toEqual({ ...GRANTED, remaining: [0] });
    expect(await limits.take([wanted(name, 1)])).toMatchObject({ granted: false, retryAfterMs: 3_100 });
    await advance(3_100);
    expect((await limits.take([wanted(name, 1)])).granted).toBe(true);
    expect(await limits.take([wanted(name, 50)])).toMatchObject({ granted: false, retryAfterMs: 2_000 });
    await advance(2_000);
    expect((await limits.take([wanted(name, 50)])).granted).toBe(true);
  });
}

function describeSeveral({ made, bucket }: World): void {
  test('it is taken from all buckets or from none', async () => {
    const { limits } = made();
    const [small, large] = [bucket(), bucket()];
    const both = (amount: number) => [wanted(large, amount, 100, 1_000), wanted(small, amount)];
    expect(await limits.take(both(15))).toEqual({ ...GRANTED, remaining: [985, 5] });
    expect(await limits.take(both(15))).toEqual({ ...refusedFor(1_000, 1), remaining: [985, 5] });
    expect(await limits.take([wanted(large, 0, 100, 1_000)])).toMatchObject({ remaining: [985] });
    expect(await limits.take([wanted(small, 5)])).toMatchObject({ granted: true, remaining: [0] });
  });

  test('the slowest bucket says when to try again', async () => {
    const { limits, advance } = made();
    const [slow, quick] = [bucket(), bucket()];
    const both = [wanted(slow, 20, 1, 20), wanted(quick, 20, 100, 20)];
    await limits.take(both);
    expect(await limits.take(both)).toMatchObject(refusedFor(20_000));
    expect(await limits.take([...both].reverse())).toMatchObject(refusedFor(20_000, 1));
    await advance(20_000);
    expect((await limits.take(both)).granted).toBe(true);
  });

  test('nothing asked is granted', async () => {
    expect(await made().limits.take([])).toEqual({ ...GRANTED, remaining: [] });
  });
}
