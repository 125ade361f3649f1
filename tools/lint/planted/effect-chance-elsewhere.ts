// path: apps/gateway/src/planted-chance.ts
// rule: syncline/effects:chance
import { createHash } from 'node:crypto';
import { randomUUID } from 'node:crypto'; // planted
import * as everything from 'node:crypto'; // planted
export const a = Math.random(); // planted
export const used = [createHash, randomUUID, everything];
