// path: libs/flows/src/planted-paths.ts
// rule: syncline/layers
export * from '../../core/src/clock'; // planted
export * from '../../../tools/run.mjs'; // planted
export * from '@syncline/core/src/clock'; // planted
export * from '@syncline/nowhere'; // planted
export type A = import('../../memory/src/index').Anything; // planted
export const b = import('@syncline/wire'); // planted
export const c = require('@syncline/proto'); // planted
import d = require('@syncline/memory'); // planted
export type { Used } from './index';
export type D = typeof d;
