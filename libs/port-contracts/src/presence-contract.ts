import { deviceId, type SpaceKey, userId } from '@syncline/core';
import type { Presence, Present } from '@syncline/ports';
import { eventually } from './eventually';
import { madeForSuite, namesFor, type UnderTest } from './store-under-test';

export interface PresenceUnderTest extends UnderTest {
  readonly presence: Presence;
  /** Lets time pass for the adapter: a clock that the test holds, or a real wait. */
  readonly advance: (ms: number) => Promise<void>;
}

const LONG_MS = 60_000;
const SHORT_MS = 60;

export function presentOf(device: string, given: Partial<Present> = {}): Present {
  return {
    device: deviceId(device),
    user: userId('u1'),
    status: 'online',
    text: 'writing…',
    batteryPercent: 80,
    link: 'wifi',
    ...given,
  };
}

interface World {
  readonly made: () => PresenceUnderTest;
  readonly space: () => SpaceKey;
  readonly hear: (space: SpaceKey) => { readonly heard: readonly Present[]; readonly stop: () => void };
  readonly roster: (space: SpaceKey) => Promise<readonly Present[]>;
}

export function describePresenceContract(name: string, make: () => Promise<PresenceUnderTest>): void {
  describe(`${name} keeps the contract of presence`, () => {
    const made = madeForSuite(make);
    const world: World = {
      made,
      space: namesFor(made).space,
      hear(space) {
        const heard: Present[] = [];
        return { heard, stop: made().presence.listen(space, (each) => void heard.push(each)) };
      },
      async roster(space) {
        const roster = await made().presence.roster(space);
        return [...roster].sort((left, right) => (left.device < right.device ? -1 : 1));
      },
    };
    describeRoster(world);
    describeListening(world);
  });
}

function describeRoster({ made, space: newSpace, roster }: World): void {
  test('whoever shows themselves is on the roster of that space, as shown last', async () => {
    const { presence } = made();
    const [space, other] = [newSpace(), newSpace()];
    await presence.show(space, presentOf('d1'), LONG_MS);
    await presence.show(space, presentOf('d2', { user: userId('ü'), batteryPercent: null }), LONG_MS);
    await presence.show(space, presentOf('d1', { status: 'busy', text: '', link: 'cellular' }), LONG_MS);
    await eventually(async () =>
      expect(await roster(space)).toEqual([
        presentOf('d1', { status: 'busy', text: '', link: 'cellular' }),
        presentOf('d2', { user: userId('ü'), batteryPercent: null }),
      ]),
    );
    expect(await roster(other)).toEqual([]);
  });

  test('whoever leaves is off the roster', async () => {
    const { presence } = made();
    const space = newSpace();
    await presence.show(space, presentOf('d1'), LONG_MS);
    await presence.show(space, presentOf('d2'), LONG_MS);
    await presence.leave(space, deviceId('d1'));
    await presence.leave(space, deviceId('never there'));
    await eventually(async () => expect(await roster(space)).toEqual([presentOf('d2')]));
  });

  test('whoever does not show themselves again lapses', async () => {
    const { presence, advance } = made();
    const space = newSpace();
    await presence.show(space, presentOf('d1'), SHORT_MS);
    await presence.show(space, presentOf('d2'), SHORT_MS);
    await presence.show(space, presentOf('d2'), LONG_MS);
    await advance(SHORT_MS + 1);
    await eventually(async () => expect(await roster(space)).toEqual([presentOf('d2')]));
  });
}

function describeListening({ made, space: newSpace, hear }: World): void {
  test('listeners are told of those who show themselves, leave and lapse', async () => {
    const { presence, advance } = made();
    const space = newSpace();
    const { heard, stop } = hear(space);
    await eventually(async () => {
      await presence.show(space, presentOf('d1'), LONG_MS);
      expect(heard).toContainEqual(presentOf('d1'));
    });
    await presence.leave(space, deviceId('d1'));
    await eventually(() => expect(heard.at(-1)).toEqual(presentOf('d1', { status: 'offline' })));
    await presence.show(space, presentOf('d2'), SHORT_MS);
    await advance(SHORT_MS + 1);
    await eventually(() =>
      expect(heard).toContainEqual(expect.objectContaining({ device: 'd2', status: 'offline' })),
    );
    stop();
  });

  test('who listens to another space, or no longer, is told nothing', async () => {
    const { presence } = made();
    const [space, other] = [newSpace(), newSpace()];
    const [elsewhere, leaving, staying] = [hear(other), hear(space), hear(space)];
    await eventually(async () => {
      await presence.show(space, presentOf('d1'), LONG_MS);
      expect(leaving.heard).toContainEqual(presentOf('d1'));
      expect(staying.heard).toContainEqual(presentOf('d1'));
    });
    leaving.stop();
    await eventually(async () => {
      await presence.show(space, presentOf('d2'), LONG_MS);
      expect(staying.heard).toContainEqual(presentOf('d2'));
    });
    expect(leaving.heard).not.toContainEqual(presentOf('d2'));
    expect(elsewhere.heard).toEqual([]);
    for (const { stop } of [elsewhere, staying]) stop();
  });
}
