import { deviceId, type DeviceId } from '@syncline/core';
import type { Whereabouts, WhereaboutsAnswer, WhereaboutsQuestion } from '@syncline/ports';
import { eventually } from './eventually';
import { madeForSuite, namesFor, type UnderTest } from './store-under-test';

export interface WhereaboutsUnderTest extends UnderTest {
  readonly whereabouts: Whereabouts;
  /** The same as another process has it; the same object where there is only one process. */
  readonly elsewhere: Whereabouts;
}

export const whereaboutsOf = (device: DeviceId, sentUpTo = 7): WhereaboutsAnswer => ({
  announced: { since: 3, marks: [5, 1_000, sentUpTo, 2_000] },
  sentUpTo,
  devices: [
    { device, trail: { sent: { since: 3, marks: [sentUpTo, 2_001] }, stored: { since: 3, marks: null } } },
  ],
});

export function describeWhereaboutsContract(name: string, make: () => Promise<WhereaboutsUnderTest>): void {
  describe(`${name} keeps the contract of whereabouts`, () => {
    const made = madeForSuite(make);
    const names = namesFor(made);
    const [here, there] = [deviceId('hére'), deviceId('there')];
    const questionOf = (): WhereaboutsQuestion => ({
      space: names.space(),
      author: deviceId('aüthor'),
      devices: [here, there],
    });

    test('everyone is asked the same, and what each says comes back whole', async () => {
      const asked = { here: [] as WhereaboutsQuestion[], there: [] as WhereaboutsQuestion[] };
      const stops = [
        made().whereabouts.answer((question) => {
          asked.here.push(question);
          return whereaboutsOf(here);
        }),
        made().elsewhere.answer((question) => {
          asked.there.push(question);
          return whereaboutsOf(there, 9);
        }),
      ];
      const question = questionOf();
      // Any single answer may be lost, so it is asked until all are heard.
      await eventually(async () => {
        const answers = await made().whereabouts.ask(question);
        expect(answers).toContainEqual(whereaboutsOf(here));
        expect(answers).toContainEqual(whereaboutsOf(there, 9));
      });
      expect(asked.here).toContainEqual(question);
      expect(asked.there).toContainEqual(question);
      for (const stop of stops) stop();
    });

    test('who knows of nothing can say so', async () => {
      const nothing: WhereaboutsAnswer = { announced: null, sentUpTo: 0, devices: [] };
      const stop = made().elsewhere.answer(() => nothing);
      await eventually(async () =>
        expect(await made().whereabouts.ask(questionOf())).toContainEqual(nothing),
      );
      stop();
    });

    test('whoever answers in this process is heard at once', async () => {
      const stop = made().whereabouts.answer(() => whereaboutsOf(here));
      expect(await made().whereabouts.ask(questionOf())).toContainEqual(whereaboutsOf(here));
      stop();
    });

    test('who has stopped is not asked any more, and where nobody answers there are no answers', async () => {
      const [leaving, staying] = [
        made().whereabouts.answer(() => whereaboutsOf(here)),
        made().whereabouts.answer(() => whereaboutsOf(there)),
      ];
      leaving();
      leaving();
      const answers = await made().whereabouts.ask(questionOf());
      expect(answers).toContainEqual(whereaboutsOf(there));
      expect(answers).not.toContainEqual(whereaboutsOf(here));
      staying();
      expect(await made().whereabouts.ask(questionOf())).toEqual([]);
    });
  });
}
