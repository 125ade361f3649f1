import type { Chance, Clock, Timer } from '@syncline/ports';
import { BASE_MS } from './change-fixtures';
import { eventually } from './eventually';

export function describeClockContract(name: string, make: () => Clock): void {
  test(`${name} counts whole milliseconds since 1970`, () => {
    const nowMs = make().nowMs();
    expect(Number.isSafeInteger(nowMs)).toBe(true);
    expect(nowMs).toBeGreaterThan(BASE_MS);
    expect(nowMs).toBeLessThan(BASE_MS * 4);
  });
}

export function describeChanceContract(name: string, make: () => Chance): void {
  describe(`${name} keeps the contract of chance`, () => {
    test('no id comes twice, and each is long enough that no one guesses it', () => {
      const chance = make();
      const ids = Array.from({ length: 5_000 }, () => chance.id());
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.every((id) => /^[\w-]{20,64}$/.test(id))).toBe(true);
    });

    test('fractions are from 0 to below 1, and spread', () => {
      const chance = make();
      const fractions = Array.from({ length: 2_000 }, () => chance.fraction());
      expect(fractions.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
      for (let tenth = 0; tenth < 10; tenth++) {
        expect(fractions.filter((fraction) => Math.floor(fraction * 10) === tenth).length).toBeGreaterThan(
          100,
        );
      }
    });
  });
}

export function describeTimerContract(name: string, make: () => Timer): void {
  describe(`${name} keeps the contract of a timer`, () => {
    test('a task runs once, later', async () => {
      const ran: string[] = [];
      make().after(5, () => void ran.push('task'));
      expect(ran).toEqual([]);
      await eventually(() => expect(ran).toEqual(['task']));
      make().after(5, () => void ran.push('later'));
      await eventually(() => expect(ran).toEqual(['task', 'later']));
    });

    test('a task that was called off does not run, and tasks run in the order of their delays', async () => {
      const ran: string[] = [];
      const timer = make();
      const callOff = timer.after(5, () => void ran.push('called off'));
      timer.after(40, () => void ran.push('second'));
      timer.after(1, () => void ran.push('first'));
      callOff();
      callOff();
      await eventually(() => expect(ran).toContain('second'));
      expect(ran).toEqual(['first', 'second']);
    });
  });
}
