import { creates, patches } from '@syncline/client-node';
import type { Stage, Story } from './stage/stage';

const PAGES = 'pages';

/** One field of prose: words that either side changed are changed. */
export const textField: Story = {
  name: 'text-field',
  about: 'two people edit one text; edits that do not overlap are both in it',
  async play(stage: Stage): Promise<void> {
    const { space } = stage;
    await stage.declare({
      collection: PAGES,
      json: true,
      fieldMerge: { fields: [{ field: 'text', strategy: 'FIELD_STRATEGY_TEXT' }] },
    });
    const ann = await stage.device('ann', PAGES);
    const bob = await stage.device('bob', PAGES);

    stage.step('Ann writes a sentence, and both have it');
    ann.change(space, creates(PAGES, 'plan', { text: 'We meet on Monday at nine in the small room.' }));
    await stage.settled(ann, bob);
    stage.shows([ann, bob], PAGES, 'plan', { text: 'We meet on Monday at nine in the small room.' });

    stage.step('Both go offline. Bob changes the day, Ann the room');
    ann.goOffline();
    bob.goOffline();
    const [day] = bob.change(
      space,
      patches(PAGES, 'plan', { text: 'We meet on Tuesday at nine in the small room.' }),
    );
    ann.change(space, patches(PAGES, 'plan', { text: 'We meet on Monday at nine in the garden.' }));

    stage.step('They come back: both edits are in the text');
    ann.goOnline();
    await stage.settled(ann);
    bob.goOnline();
    const merged = await stage.answerTo(bob, day);
    stage.expect('Bob is told', merged.status, 'MERGED');
    await stage.settled(ann, bob);
    stage.shows([ann, bob], PAGES, 'plan', { text: 'We meet on Tuesday at nine in the garden.' });

    stage.step('Offline again, both change the same word. The later write has it');
    ann.goOffline();
    bob.goOffline();
    const [ten] = ann.change(
      space,
      patches(PAGES, 'plan', { text: 'We meet on Tuesday at ten in the garden.' }),
    );
    await stage.aMoment();
    bob.change(space, patches(PAGES, 'plan', { text: 'We meet on Tuesday at eleven in the garden.' }));
    bob.goOnline();
    await stage.settled(bob);
    ann.goOnline();
    const { status, conflict } = await stage.answerTo(ann, ten);
    stage.expect('Ann is told', status, 'LOST');
    await stage.settled(ann, bob);
    stage.shows([ann, bob], PAGES, 'plan', { text: 'We meet on Tuesday at eleven in the garden.' });
    const { incoming } = stage.ledger(ann, conflict);
    stage.expect('her text is kept', incoming.json, { text: 'We meet on Tuesday at ten in the garden.' });
  },
};
