// path: libs/postgres/src/planted-clock.ts
// rule: syncline/effects:clock
import { performance as stopwatch } from 'node:perf_hooks'; // planted
export const a = Date.now(); // planted
export const b = performance.now(); // planted
export const c = process.uptime(); // planted
export const d = stopwatch.now();
