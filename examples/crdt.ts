import type { Edit } from '@syncline/client';
import { type Device, operates } from '@syncline/client-node';
import * as Y from 'yjs';
import type { Stage, Story } from './stage/stage';

const NOTES = 'notes';
const PLAN = 'plan';

/** A document of Yjs, edited by two people at once. */
export const crdt: Story = {
  name: 'crdt',
  about: 'a document of Yjs: all edits are in it, in whatever order they come, and none is a conflict',
  async play(stage: Stage): Promise<void> {
    const { space } = stage;
    await stage.declare({ collection: NOTES, json: true, crdt: { engine: 'yjs' } });
    const ann = await stage.device('ann', NOTES);
    const bob = await stage.device('bob', NOTES);

    stage.step('Ann begins a document; everyone else sees it as JSON');
    ann.change(
      space,
      edited(ann, space, (body) => body.insert(0, 'We meet on Monday.')),
    );
    await stage.settled(ann, bob);
    stage.shows([ann, bob], NOTES, PLAN, { body: 'We meet on Monday.' });

    stage.step('Both go offline and write into the same sentence');
    ann.goOffline();
    bob.goOffline();
    ann.change(
      space,
      edited(ann, space, (body) => body.insert(3, 'all ')),
    );
    const [tuesday] = bob.change(
      space,
      edited(bob, space, (body) => {
        body.delete(11, 6);
        body.insert(11, 'Tuesday');
      }),
    );
    stage.shows([ann], NOTES, PLAN, { body: 'We all meet on Monday.' });
    stage.shows([bob], NOTES, PLAN, { body: 'We meet on Tuesday.' });

    stage.step('They come back, and both edits are in it. There was nothing to decide');
    ann.goOnline();
    await stage.settled(ann);
    bob.goOnline();
    const { status, conflict } = await stage.answerTo(bob, tuesday);
    stage.expect('Bob is told', status, 'MERGED');
    stage.expect('the ledger has', conflict, null);
    await stage.settled(ann, bob);
    stage.shows([ann, bob], NOTES, PLAN, { body: 'We all meet on Tuesday.' });

    stage.step('An edit on top of that, by whoever has it now');
    ann.change(
      space,
      edited(ann, space, (body) => body.insert(body.length - 1, ' at nine')),
    );
    await stage.settled(ann, bob);
    stage.shows([ann, bob], NOTES, PLAN, { body: 'We all meet on Tuesday at nine.' });
  },
};

/** As an editor does it: the document is built of the state that the record holds, and what is new in it is sent. */
function edited(device: Device, space: string, edit: (body: Y.Text) => void): Edit {
  const doc = new Y.Doc();
  const kept = device.get(space, NOTES, PLAN)?.kept;
  if (kept?.kind === 'data' && kept.state !== null) Y.applyUpdate(doc, kept.state);
  const known = Y.encodeStateVector(doc);
  edit(doc.getText('body'));
  return operates(NOTES, PLAN, 'yjs', Y.encodeStateAsUpdate(doc, known));
}
