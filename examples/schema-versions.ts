import { creates, patches, updates } from '@syncline/client-node';
import { valueOf } from './stage/json-bytes';
import type { Stage, Story } from './stage/stage';

const CONTACTS = 'contacts';

/** From the shape that the old application knows to the new one, and back. */
const TO_VERSION_2 = {
  toVersion: 2,
  up: [
    { rename: { field: 'phone', to: 'telephone' } },
    { convert: { field: 'born', to: 'CONVERT_TO_NUMBER' } },
    { default: { field: 'groups', value: valueOf([]) } },
  ],
  down: [
    { remove: { field: 'groups' } },
    { convert: { field: 'born', to: 'CONVERT_TO_STRING' } },
    { rename: { field: 'telephone', to: 'phone' } },
  ],
};

/** Applications of two versions side by side: each reads and writes the records in its own shape. */
export const schemaVersions: Story = {
  name: 'schema-versions',
  about: 'an old and a new application share records that have changed their shape',
  async play(stage: Stage): Promise<void> {
    const { space } = stage;
    const schema = { current: 2, oldest: 1, steps: [TO_VERSION_2] };
    await stage.declare({ collection: CONTACTS, json: true, fieldMerge: {}, schema });
    const old = await stage.device('old', CONTACTS, 1);
    const fresh = await stage.device('new', CONTACTS, 2);

    stage.step(
      'The old application writes a contact as it knows it, and the new one reads it in the new shape',
    );
    old.change(space, creates(CONTACTS, 'ada', { born: '1815', name: 'Ada', phone: '1' }));
    await stage.settled(old, fresh);
    stage.shows([fresh], CONTACTS, 'ada', { born: 1815, groups: [], name: 'Ada', telephone: '1' });

    stage.step('The new one adds to a field that the old one has never heard of');
    fresh.change(space, patches(CONTACTS, 'ada', { groups: ['friends'] }));
    await stage.settled(old, fresh);
    stage.shows([old], CONTACTS, 'ada', { born: '1815', name: 'Ada', phone: '1' });

    stage.step('Both edit it offline: the edits are merged in the new shape, and the groups are still there');
    old.goOffline();
    const [called] = old.change(space, updates(CONTACTS, 'ada', { born: '1815', name: 'Ada', phone: '22' }));
    fresh.change(space, patches(CONTACTS, 'ada', { name: 'Ada Lovelace' }));
    await stage.settled(fresh);
    old.goOnline();
    stage.expect('the old one is told', (await stage.answerTo(old, called)).status, 'MERGED');
    await stage.settled(old, fresh);
    const whole = { born: 1815, groups: ['friends'], name: 'Ada Lovelace', telephone: '22' };
    stage.shows([fresh], CONTACTS, 'ada', whole);
    stage.shows([old], CONTACTS, 'ada', { born: '1815', name: 'Ada Lovelace', phone: '22' });

    stage.step('What cannot be brought into the new shape is a conflict, and holds up nothing');
    const [vague] = old.change(space, patches(CONTACTS, 'ada', { born: 'long ago' }));
    const { status, conflict } = await stage.answerTo(old, vague);
    stage.expect('the old one is told', status, 'HELD');
    await stage.settled(old, fresh);
    stage.shows([fresh], CONTACTS, 'ada', whole);
    const { kind, state } = stage.ledger(fresh, conflict);
    stage.expect('it waits for a person', [kind, state], ['SCHEMA', 'open']);
  },
};
