import { creates, updates } from '@syncline/client-node';
import { decodeUtf8, encodeUtf8 } from '@syncline/core';
import type { ResolveRequest, ResolveResponse } from '@syncline/proto';
import type { Stage, Story } from './stage/stage';

const STOCK = 'stock';

/** A program of the tenant's own decides, and another policy where it does not answer. */
export const external: Story = {
  name: 'external',
  about: 'a gRPC service of your own decides, after the change was taken, so that nothing waits for it',
  async play(stage: Stage): Promise<void> {
    const { space } = stage;
    const resolver = await stage.resolver(decide);
    const { endpoint } = resolver;
    const asked = { endpoint, plaintext: true, fallbackPolicy: 'server-wins' };
    await stage.declare({ collection: STOCK, json: true, external: asked });
    const north = await stage.device('north', STOCK);
    const south = await stage.device('south', STOCK);
    north.change(space, creates(STOCK, 'tea', { pieces: 100 }));
    await stage.settled(north, south);

    stage.step('Two shops sell tea, one of them offline, and each writes down what is left');
    south.goOffline();
    const [sold] = south.change(space, updates(STOCK, 'tea', { pieces: 90 }));
    north.change(space, updates(STOCK, 'tea', { pieces: 95 }));
    await stage.settled(north);
    south.goOnline();
    const held = await stage.answerTo(south, sold);
    stage.expect('the south is told at once', held.status, 'HELD');

    stage.step('The service is asked, and knows that both sales count');
    await stage.decided(held.conflict, north, south);
    stage.shows([north, south], STOCK, 'tea', { pieces: 85 });
    stage.expect('the ledger says', stage.ledger(north, held.conflict).why, '5 and 10 were sold.');

    stage.step(
      'The service is down, and two shops meet again: now the policy decides that was declared for it',
    );
    resolver.close();
    south.goOffline();
    const [again] = south.change(space, updates(STOCK, 'tea', { pieces: 80 }));
    north.change(space, updates(STOCK, 'tea', { pieces: 84 }));
    await stage.settled(north);
    south.goOnline();
    const { conflict } = await stage.answerTo(south, again);
    await stage.decided(conflict, north, south);
    stage.shows([north, south], STOCK, 'tea', { pieces: 84 });
    stage.expect('the ledger says', stage.ledger(south, conflict).resolution, 'stored');
  },
};

/** The rule of this business: what either shop has sold is gone. */
function decide({ base, stored, incoming }: ResolveRequest): ResolveResponse {
  const [before, ours, theirs] = [base, stored, incoming].map((side) => piecesOf(side?.payload));
  if (before === undefined || ours === undefined || theirs === undefined)
    return { decision: { $case: 'takeNeither', takeNeither: {} }, why: 'One side is no number of pieces.' };
  const payload = encodeUtf8(JSON.stringify({ pieces: ours - (before - theirs) }));
  const why = `${before - ours} and ${before - theirs} were sold.`;
  return { decision: { $case: 'takeMerged', takeMerged: { payload, askedFields: [] } }, why };
}

function piecesOf(payload: Uint8Array | undefined): number | undefined {
  if (payload === undefined || payload.length === 0) return undefined;
  const { pieces } = JSON.parse(decodeUtf8(payload)) as { pieces?: unknown };
  return typeof pieces === 'number' ? pieces : undefined;
}
