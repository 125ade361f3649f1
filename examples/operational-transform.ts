import type { Edit } from '@syncline/client';
import { creates, operates } from '@syncline/client-node';
import { encodeUtf8 } from '@syncline/core';
import type { Stage, Story } from './stage/stage';

const LISTS = 'lists';
const SHOPPING = 'shopping';

/** Operations of json1 on a record of JSON, transformed past each other by the server. */
export const operationalTransform: Story = {
  name: 'operational-transform',
  about: 'operations on a list are moved past those that came first, and mean what they meant',
  async play(stage: Stage): Promise<void> {
    const { space } = stage;
    await stage.declare({ collection: LISTS, json: true, operationalTransform: { type: 'json1' } });
    const phone = await stage.device('phone', LISTS);
    const laptop = await stage.device('laptop', LISTS);
    phone.change(space, creates(LISTS, SHOPPING, { items: ['milk', 'bread'] }));
    await stage.settled(phone, laptop);

    stage.step(
      'Both go offline. The phone puts eggs at the top, the laptop makes the second entry rye bread',
    );
    phone.goOffline();
    laptop.goOffline();
    phone.change(space, operation(['items', 0, { i: 'eggs' }]));
    const [rye] = laptop.change(space, operation(['items', 1, { r: true, i: 'rye bread' }]));
    stage.shows([phone], LISTS, SHOPPING, { items: ['eggs', 'milk', 'bread'] });
    stage.shows([laptop], LISTS, SHOPPING, { items: ['milk', 'rye bread'] });

    stage.step(
      'They come back. What was the second entry is the third by now, and that is the one that is changed',
    );
    phone.goOnline();
    await stage.settled(phone);
    laptop.goOnline();
    const { status, conflict } = await stage.answerTo(laptop, rye);
    stage.expect('the laptop is told', status, 'MERGED');
    stage.expect('the ledger has', conflict, null);
    await stage.settled(phone, laptop);
    stage.shows([phone, laptop], LISTS, SHOPPING, { items: ['eggs', 'milk', 'rye bread'] });

    stage.step('Two edits in a row, offline, each made on the one before');
    laptop.goOffline();
    laptop.change(space, operation(['items', 3, { i: 'tea' }]));
    laptop.change(space, operation(['items', 3, { r: true, i: 'green tea' }]));
    phone.change(space, operation(['items', 0, { r: true }]));
    await stage.settled(phone);
    laptop.goOnline();
    await stage.settled(phone, laptop);
    stage.shows([phone, laptop], LISTS, SHOPPING, { items: ['milk', 'rye bread', 'green tea'] });
  },
};

/** On the record as the device shows it. */
const operation = (components: readonly unknown[]): Edit =>
  operates(LISTS, SHOPPING, 'json1', encodeUtf8(JSON.stringify(components)));
