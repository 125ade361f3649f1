// path: libs/memory/src/planted-npm.ts
// rule: syncline/layers:npm
import { Redis } from 'ioredis'; // planted
export const used = Redis;
