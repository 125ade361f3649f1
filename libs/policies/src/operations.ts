import { CORE_POLICIES, type Policy } from '@syncline/core';
import { crdt } from './crdt/crdt';
import { operationalTransform } from './ot/operational-transform';

/** All policies of the product. */
export const ALL_POLICIES: readonly Policy[] = [
  ...Object.values<Policy>(CORE_POLICIES),
  crdt,
  operationalTransform,
];
