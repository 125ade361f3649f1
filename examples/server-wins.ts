import { creates, patches } from '@syncline/client-node';
import type { Stage, Story } from './stage/stage';

const PRICES = 'prices';

/** What is stored stands: whoever was first keeps the record, and everyone else looks again. */
export const serverWins: Story = {
  name: 'server-wins',
  about: 'what is stored stands: an edit that was made without having seen it is lost, and says so',
  async play(stage: Stage): Promise<void> {
    const { space } = stage;
    await stage.declare({ collection: PRICES, json: true, serverWins: {} });
    const office = await stage.device('office', PRICES);
    const till = await stage.device('till', PRICES);

    stage.step('The office sets a price');
    office.change(space, creates(PRICES, 'tea', { cents: 300 }));
    await stage.settled(office, till);
    stage.shows([office, till], PRICES, 'tea', { cents: 300 });

    stage.step('The till goes offline, and the office raises the price');
    till.goOffline();
    office.change(space, patches(PRICES, 'tea', { cents: 320 }));
    await stage.settled(office);

    stage.step('Later the till, which does not know that, gives a discount. For itself it shows what it did');
    await stage.aMoment();
    const [discount] = till.change(space, patches(PRICES, 'tea', { cents: 250 }));
    stage.shows([till], PRICES, 'tea', { cents: 250 });

    stage.step('The till comes back. Its edit is the later one, and loses all the same');
    till.goOnline();
    const { status, conflict } = await stage.answerTo(till, discount);
    stage.expect('the till is told', status, 'LOST');
    await stage.settled(office, till);
    stage.shows([office, till], PRICES, 'tea', { cents: 320 });
    stage.expect('settled by', stage.ledger(office, conflict).policy, 'server-wins');

    stage.step('Now it has seen the new price: the same edit is no conflict any more');
    const [again] = till.change(space, patches(PRICES, 'tea', { cents: 250 }));
    stage.expect('the till is told', (await stage.answerTo(till, again)).status, 'APPLIED');
    await stage.settled(office, till);
    stage.shows([office, till], PRICES, 'tea', { cents: 250 });
  },
};
