import { creates, updates } from '@syncline/client-node';
import { valueOf } from './stage/json-bytes';
import type { Stage, Story } from './stage/stage';

const RECIPES = 'recipes';

interface Decided {
  readonly conflict: { readonly state: string; readonly ledgerVersion: string };
}

/** What a policy decided can be taken back, for as long as both sides are known. */
export const undo: Story = {
  name: 'undo',
  about: 'a decision is taken back: the side that lost stands again, and that can be taken back too',
  async play(stage: Stage): Promise<void> {
    const { space } = stage;
    await stage.declare({ collection: RECIPES, json: true, lastWriteWins: {} });
    const phone = await stage.device('phone', RECIPES);
    const tablet = await stage.device('tablet', RECIPES);
    phone.change(space, creates(RECIPES, 'bread', { flour: 500, salt: 10 }));
    await stage.settled(phone, tablet);

    stage.step(
      'The tablet works on the recipe for long, offline. Later somebody only corrects the salt on the phone',
    );
    tablet.goOffline();
    const [long] = tablet.change(space, updates(RECIPES, 'bread', { flour: 450, rye: 50, salt: 10 }));
    await stage.aMoment();
    phone.change(space, updates(RECIPES, 'bread', { flour: 500, salt: 9 }));
    await stage.settled(phone);
    tablet.goOnline();
    const { status, conflict } = await stage.answerTo(tablet, long);
    await stage.settled(phone, tablet);
    stage.expect('the tablet is told', status, 'LOST');
    stage.shows([phone, tablet], RECIPES, 'bread', { flour: 500, salt: 9 });
    stage.ledger(tablet, conflict);

    stage.step(
      'That was the wrong choice: it is undone, and what lost stands, as a new version for everyone',
    );
    const id = conflict?.id;
    const undone = await stage.call<Decided>('ConflictService/UndoResolution', { space, id });
    stage.expect('the conflict is', undone.conflict.state, 'CONFLICT_STATE_REOPENED');
    await stage.reached(Number(undone.conflict.ledgerVersion), phone, tablet);
    stage.shows([phone, tablet], RECIPES, 'bread', { flour: 450, rye: 50, salt: 10 });

    stage.step('It waits for a decision again. A person makes one of both');
    const payload = valueOf({ flour: 450, rye: 50, salt: 9 });
    const decision = { replace: { payload }, why: 'Rye, and less salt.' };
    const decided = await stage.call<Decided>('ConflictService/ResolveConflict', { space, id, decision });
    await stage.reached(Number(decided.conflict.ledgerVersion), phone, tablet);
    stage.shows([phone, tablet], RECIPES, 'bread', { flour: 450, rye: 50, salt: 9 });
    const entry = stage.ledger(phone, conflict);
    stage.expect('the ledger says', [entry.state, entry.resolution], ['resolved', 'replaced']);

    stage.step('And this one can be undone as well: what stood before it comes back');
    const again = await stage.call<Decided>('ConflictService/UndoResolution', { space, id });
    await stage.reached(Number(again.conflict.ledgerVersion), phone, tablet);
    stage.shows([phone, tablet], RECIPES, 'bread', { flour: 450, rye: 50, salt: 10 });
  },
};
