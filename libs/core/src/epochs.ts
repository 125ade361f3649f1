import type { SpaceState } from './merge/facts';

/**
 * How far the head moves up when a space begins a new epoch. Versions that were handed out after the backup was made
 * are unknown to the restored space; were they handed out again, a base version from before would look as if its device
 * had seen what it has not.
 */
export const EPOCH_VERSIONS_GAP = 2 ** 32;

/** The space after it was restored from a backup: no cursor from before is valid any more. */
export function nextEpoch(state: SpaceState): SpaceState {
  return { ...state, epoch: state.epoch + 1, head: state.head + EPOCH_VERSIONS_GAP };
}
