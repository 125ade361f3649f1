import { type Access, collectionName, deviceId, userId } from '@syncline/core';
import type { AccessChange, AccessNews } from '@syncline/ports';
import { eventually } from './eventually';
import { madeForSuite, namesFor, type UnderTest } from './store-under-test';

export interface AccessNewsUnderTest extends UnderTest {
  readonly news: AccessNews;
  /** The news as another process has them; the same object where there is only one process. */
  readonly elsewhere: AccessNews;
}

const EDITOR: Access = {
  role: 'editor',
  collections: new Map([
    [collectionName('notes'), 'none'],
    [collectionName('tasks'), 'read'],
  ]),
};

export function describeAccessNewsContract(name: string, make: () => Promise<AccessNewsUnderTest>): void {
  describe(`${name} keeps the contract of access news`, () => {
    const made = madeForSuite(make);
    const names = namesFor(made);
    const hear = (news: AccessNews) => {
      const heard: AccessChange[] = [];
      return { heard, stop: news.listen((each) => void heard.push(each)) };
    };
    /** Any single change may be lost, so it is published until it is heard. */
    const publishUntil = (change: AccessChange, check: () => void) =>
      eventually(async () => {
        await made().news.publish(change);
        check();
      });
    const given = (access: Access | null): AccessChange => ({
      kind: 'access',
      space: names.space(),
      user: userId('jürgen'),
      access,
    });

    test.each([
      ['rights that were given', () => given(EDITOR)],
      ['rights that were taken', () => given(null)],
      [
        'a device that was shut out',
        (): AccessChange => ({
          kind: 'revoked',
          device: { tenant: names.tenant(), device: deviceId('dévice') },
        }),
      ],
    ])('%s arrive whole, here and elsewhere', async (_what, changeOf) => {
      const change = changeOf();
      const [here, there] = [hear(made().news), hear(made().elsewhere)];
      await publishUntil(change, () => {
        expect(here.heard).toContainEqual(change);
        expect(there.heard).toContainEqual(change);
      });
      here.stop();
      there.stop();
    });

    test('who has stopped hears nothing more, and the others still do', async () => {
      const [first, second] = [given(EDITOR), given(EDITOR)];
      const [leaving, staying] = [hear(made().news), hear(made().news)];
      await publishUntil(first, () => expect(leaving.heard).toContainEqual(first));
      leaving.stop();
      leaving.stop();
      await publishUntil(second, () => expect(staying.heard).toContainEqual(second));
      expect(leaving.heard).not.toContainEqual(second);
      staying.stop();
    });
  });
}
