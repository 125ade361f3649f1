import { creates, patches } from '@syncline/client-node';
import type { Stage, Story } from './stage/stage';

const ITEMS = 'items';
const MILK = { name: 'Milk', shop: 'market', tags: ['fresh'], stock: 10, note: 'in the door' };

/** Field by field against what each device had seen, each field by a rule of its own. */
export const fieldMerge: Story = {
  name: 'field-merge',
  about: 'both edits of one record come together, field by field, each by its own rule',
  async play(stage: Stage): Promise<void> {
    const { space } = stage;
    await stage.declare({
      collection: ITEMS,
      json: true,
      fieldMerge: {
        fields: [
          { field: 'tags', strategy: 'FIELD_STRATEGY_SET_UNION' },
          { field: 'stock', strategy: 'FIELD_STRATEGY_COUNTER' },
          { field: 'shop', strategy: 'FIELD_STRATEGY_ASK' },
        ],
      },
    });
    const phone = await stage.device('phone', ITEMS);
    const laptop = await stage.device('laptop', ITEMS);
    phone.change(space, creates(ITEMS, 'milk', MILK));
    await stage.settled(phone, laptop);

    stage.step('Offline, the laptop takes 3 out of stock, adds a tag and changes the note');
    laptop.goOffline();
    const [taken] = laptop.change(
      space,
      patches(ITEMS, 'milk', { stock: 7, tags: ['fresh', 'organic'], note: 'top shelf' }),
    );
    stage.step('Meanwhile the phone takes 2 out of stock, adds another tag and changes the name');
    phone.change(space, patches(ITEMS, 'milk', { stock: 8, tags: ['fresh', 'sale'], name: 'Oat milk' }));
    await stage.settled(phone);

    stage.step('The laptop comes back: nothing of either is lost, and 3 and 2 make 5');
    laptop.goOnline();
    const merged = await stage.answerTo(laptop, taken);
    stage.expect('the laptop is told', merged.status, 'MERGED');
    await stage.settled(phone, laptop);
    const both = {
      ...MILK,
      name: 'Oat milk',
      tags: ['fresh', 'organic', 'sale'],
      stock: 5,
      note: 'top shelf',
    };
    stage.shows([phone, laptop], ITEMS, 'milk', both);
    stage.expect('the ledger says', stage.ledger(phone, merged.conflict).state, 'resolved');

    stage.step('Where the milk is bought is for a person: both change it, and the conflict stays open');
    laptop.goOffline();
    const [asked] = laptop.change(space, patches(ITEMS, 'milk', { shop: 'corner shop' }));
    phone.change(space, patches(ITEMS, 'milk', { shop: 'dairy' }));
    await stage.settled(phone);
    laptop.goOnline();
    const { status, conflict } = await stage.answerTo(laptop, asked);
    stage.expect('the laptop is told', status, 'MERGED');
    await stage.settled(phone, laptop);
    stage.shows([phone, laptop], ITEMS, 'milk', { ...both, shop: 'dairy' });
    stage.expect('fields that wait', stage.ledger(phone, conflict).asked, ['shop']);

    stage.step('The person with the phone decides, offline, by an ordinary edit that names the conflict');
    phone.goOffline();
    phone.change(space, patches(ITEMS, 'milk', { shop: 'corner shop' }, [], { resolves: [conflict!.id] }));
    phone.goOnline();
    await stage.settled(phone, laptop);
    stage.shows([phone, laptop], ITEMS, 'milk', { ...both, shop: 'corner shop' });
    stage.expect('the ledger says', stage.ledger(laptop, conflict).state, 'resolved');
  },
};
