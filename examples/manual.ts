import { creates, deletes, updates } from '@syncline/client-node';
import type { Stage, Story } from './stage/stage';

const DOSES = 'doses';

/** Nothing is decided without a person, and nothing waits for one: the record stays usable. */
export const manual: Story = {
  name: 'manual',
  about: 'a person decides: offline on a device, or by a call without one',
  async play(stage: Stage): Promise<void> {
    const { space } = stage;
    await stage.declare({ collection: DOSES, json: true, manual: {} });
    const ward = await stage.device('ward', DOSES);
    const clinic = await stage.device('clinic', DOSES);
    ward.change(space, creates(DOSES, 'mrs-lund', { mg: 50 }));
    await stage.settled(ward, clinic);

    stage.step('Both change a dose without having seen the other edit');
    clinic.goOffline();
    const [lowered] = clinic.change(space, updates(DOSES, 'mrs-lund', { mg: 25 }));
    ward.change(space, updates(DOSES, 'mrs-lund', { mg: 75 }));
    await stage.settled(ward);
    clinic.goOnline();
    const held = await stage.answerTo(clinic, lowered);
    stage.expect('the clinic is told', held.status, 'HELD');
    await stage.settled(ward, clinic);

    stage.step(
      'Until somebody decides, what was stored stands, on both, and an open entry says that there is more',
    );
    stage.shows([ward, clinic], DOSES, 'mrs-lund', { mg: 75 });
    stage.expect('the conflict is', stage.ledger(ward, held.conflict).state, 'open');

    stage.step('The nurse decides, offline, by an edit that names the conflict');
    ward.goOffline();
    ward.change(space, updates(DOSES, 'mrs-lund', { mg: 60 }, { resolves: [held.conflict!.id] }));
    ward.goOnline();
    await stage.settled(ward, clinic);
    stage.shows([ward, clinic], DOSES, 'mrs-lund', { mg: 60 });
    stage.expect('the conflict is', stage.ledger(clinic, held.conflict).state, 'resolved');

    stage.step('A delete against an edit waits as well');
    clinic.goOffline();
    const [removed] = clinic.change(space, deletes(DOSES, 'mrs-lund'));
    ward.change(space, updates(DOSES, 'mrs-lund', { mg: 65 }));
    await stage.settled(ward);
    clinic.goOnline();
    const waiting = await stage.answerTo(clinic, removed);
    await stage.settled(ward, clinic);
    stage.expect('the conflict is', stage.ledger(ward, waiting.conflict).kind, 'DELETE_UPDATE');

    stage.step('This time somebody decides without a device, by a call: the delete stands');
    const { conflict } = await stage.call<{ conflict: { ledgerVersion: string } }>(
      'ConflictService/ResolveConflict',
      { space, id: waiting.conflict?.id, decision: { keepIncoming: {}, why: 'The treatment has ended.' } },
    );
    await stage.reached(Number(conflict.ledgerVersion), ward, clinic);
    stage.shows([ward, clinic], DOSES, 'mrs-lund', null);
    stage.expect(
      'the reason is kept',
      stage.ledger(clinic, waiting.conflict).why,
      'The treatment has ended.',
    );
  },
};
