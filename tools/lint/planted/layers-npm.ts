// path: libs/core/src/planted-npm.ts
// rule: syncline/layers:npm
import * as yjs from 'yjs'; // planted
import type { Client } from 'pg'; // planted
export const a = require('@swc/core'); // planted
export type B = import('eslint').ESLint; // planted
export type Used = [typeof yjs, Client];
