import type { Migration } from '../migrate';
import { store } from './0001-store';
import { administration } from './0002-administration';
import { artifacts } from './0003-artifacts';
import { removedSpaces } from './0004-removed-spaces';
import { conflicts } from './0005-conflicts';
import { audit } from './0006-audit';
import { payloadRules } from './0007-payload-rules';
import { schemaSteps } from './0008-schema-steps';
import { kept } from './0009-kept';
import { retention } from './0010-retention';
import { conflictsToResolve } from './0011-conflicts-to-resolve';
import { violations } from './0012-violations';

/** In the order in which they are applied. A migration that was released does not change any more. */
export const MIGRATIONS: readonly Migration[] = [
  store,
  administration,
  artifacts,
  removedSpaces,
  conflicts,
  audit,
  payloadRules,
  schemaSteps,
  kept,
  retention,
  conflictsToResolve,
  violations,
];
