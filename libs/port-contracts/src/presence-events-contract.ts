import { type SpaceKey, userId } from '@syncline/core';
import type { PresenceEvents, Present } from '@syncline/ports';
import { eventually } from './eventually';
import { presentOf } from './presence-contract';
import { madeForSuite, namesFor, type UnderTest } from './store-under-test';

export interface PresenceEventsUnderTest extends UnderTest {
  readonly events: PresenceEvents;
  /** The events as another process has them; the same object where there is only one process. */
  readonly elsewhere: PresenceEvents;
}

export function describePresenceEventsContract(
  name: string,
  make: () => Promise<PresenceEventsUnderTest>,
): void {
  describe(`${name} keeps the contract of presence events`, () => {
    const made = madeForSuite(make);
    const { space: newSpace } = namesFor(made);
    const hear = (events: PresenceEvents, space: SpaceKey) => {
      const heard: Present[] = [];
      return { heard, stop: events.listen(space, (each) => void heard.push(each)) };
    };
    /** Any single event may be lost, so it is published until it is heard. */
    const publishUntil = (space: SpaceKey, present: Present, check: () => void) =>
      eventually(async () => {
        await made().events.publish(space, present);
        check();
      });

    test('an event arrives whole, here and elsewhere, and in no other space', async () => {
      const [space, other] = [newSpace(), newSpace()];
      const listening = [hear(made().events, space), hear(made().elsewhere, space)];
      const beside = hear(made().events, other);
      const present = presentOf('dévice', {
        user: userId('ü'),
        batteryPercent: null,
        status: 'busy',
        text: '',
      });
      await publishUntil(space, present, () =>
        listening.forEach(({ heard }) => expect(heard).toContainEqual(present)),
      );
      await publishUntil(other, presentOf('d2'), () => expect(beside.heard).toContainEqual(presentOf('d2')));
      expect(beside.heard).not.toContainEqual(present);
      for (const { stop } of [...listening, beside]) stop();
    });

    test('who has stopped hears nothing more, and the others still do', async () => {
      const space = newSpace();
      const [leaving, staying] = [hear(made().events, space), hear(made().events, space)];
      await publishUntil(space, presentOf('d1'), () => {
        expect(leaving.heard).toContainEqual(presentOf('d1'));
        expect(staying.heard).toContainEqual(presentOf('d1'));
      });
      leaving.stop();
      leaving.stop();
      await publishUntil(space, presentOf('d2'), () => expect(staying.heard).toContainEqual(presentOf('d2')));
      expect(leaving.heard).not.toContainEqual(presentOf('d2'));
      staying.stop();
    });
  });
}
