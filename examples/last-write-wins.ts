import { creates, updates } from '@syncline/client-node';
import type { Stage, Story } from './stage/stage';

const PLACES = 'places';

/** Whole records, and the later edit stands, in whatever order the edits arrive. */
export const lastWriteWins: Story = {
  name: 'last-write-wins',
  about: 'the later of two whole records stands, whoever arrives first',
  async play(stage: Stage): Promise<void> {
    const { space } = stage;
    await stage.declare({ collection: PLACES, json: true, lastWriteWins: { windowMs: 1 } });
    const phone = await stage.device('phone', PLACES);
    const laptop = await stage.device('laptop', PLACES);

    stage.step('The phone notes where the car is parked, and the laptop sees it');
    phone.change(space, creates(PLACES, 'car', { street: 'Mill Lane' }));
    await stage.settled(phone, laptop);
    stage.shows([phone, laptop], PLACES, 'car', { street: 'Mill Lane' });

    stage.step('Both go offline. The laptop edits first, the phone a moment later');
    phone.goOffline();
    laptop.goOffline();
    const [earlier] = laptop.change(space, updates(PLACES, 'car', { street: 'Station Road' }));
    await stage.aMoment();
    phone.change(space, updates(PLACES, 'car', { street: 'Harbour' }));
    stage.shows([laptop], PLACES, 'car', { street: 'Station Road' });
    stage.shows([phone], PLACES, 'car', { street: 'Harbour' });

    stage.step('The phone comes back first: it meets nothing new');
    phone.goOnline();
    await stage.settled(phone);
    stage.shows([phone], PLACES, 'car', { street: 'Harbour' });

    stage.step('The laptop comes back with the older edit, and loses');
    laptop.goOnline();
    const { status, conflict } = await stage.answerTo(laptop, earlier);
    stage.expect('the laptop is told', status, 'LOST');
    await stage.settled(phone, laptop);
    stage.shows([phone, laptop], PLACES, 'car', { street: 'Harbour' });

    stage.step('Nothing is hidden: the phone finds both sides in its copy of the ledger, offline too');
    phone.goOffline();
    const entry = stage.ledger(phone, conflict);
    stage.expect('the side that lost says', entry.incoming.json, { street: 'Station Road' });
    stage.expect('it was settled by', entry.policy, 'last-write-wins');
  },
};
