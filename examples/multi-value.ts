import { creates, updates } from '@syncline/client-node';
import type { Stage, Story } from './stage/stage';

const ADDRESSES = 'addresses';

/** Nobody wins: what was written without knowledge of each other stays side by side. */
export const multiValue: Story = {
  name: 'multi-value',
  about: 'all contents are kept as siblings, until somebody makes one of them',
  async play(stage: Stage): Promise<void> {
    const { space } = stage;
    await stage.declare({ collection: ADDRESSES, json: true, multiValue: {} });
    const phone = await stage.device('phone', ADDRESSES);
    const laptop = await stage.device('laptop', ADDRESSES);
    phone.change(space, creates(ADDRESSES, 'ada', { city: 'Oslo' }));
    await stage.settled(phone, laptop);

    stage.step('Both hear that Ada has moved, offline, and each of another city');
    phone.goOffline();
    laptop.goOffline();
    const [narvik] = laptop.change(space, updates(ADDRESSES, 'ada', { city: 'Narvik' }));
    await stage.aMoment();
    phone.change(space, updates(ADDRESSES, 'ada', { city: 'Bergen' }));

    stage.step('They come back. Both cities are kept; who looks only at the payload sees the later one');
    phone.goOnline();
    await stage.settled(phone);
    laptop.goOnline();
    const { status, conflict } = await stage.answerTo(laptop, narvik);
    stage.expect('the laptop is told', status, 'MERGED');
    await stage.settled(phone, laptop);
    stage.siblings([phone, laptop], ADDRESSES, 'ada', [{ city: 'Bergen' }, { city: 'Narvik' }]);
    stage.shows([phone, laptop], ADDRESSES, 'ada', { city: 'Bergen' });
    stage.expect('the conflict is', stage.ledger(phone, conflict).state, 'open');

    stage.step('The laptop, offline again, asks its user, and writes one content in place of both');
    laptop.goOffline();
    laptop.change(
      space,
      updates(ADDRESSES, 'ada', { city: 'Bergen', summer: 'Narvik' }, { resolves: [conflict!.id] }),
    );
    laptop.goOnline();
    await stage.settled(phone, laptop);
    stage.shows([phone, laptop], ADDRESSES, 'ada', { city: 'Bergen', summer: 'Narvik' });
    stage.siblings([phone, laptop], ADDRESSES, 'ada', []);
    stage.expect('the conflict is', stage.ledger(phone, conflict).state, 'resolved');
  },
};
