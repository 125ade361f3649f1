// path: libs/policies/src/planted-builtin.ts
// rule: syncline/effects:builtin
import { readFileSync } from 'node:fs'; // planted
import * as path from 'path'; // planted
import { createHash } from 'node:crypto'; // planted
import type { Socket } from 'node:net'; // planted
import os = require('os'); // planted
export { inspect } from 'node:util'; // planted
export const a = require('node:dns'); // planted
export const b = Buffer.from('x'); // planted
export const c = fetch('http://localhost'); // planted
export type Used = [Socket, typeof readFileSync, typeof path, typeof createHash, typeof os];
