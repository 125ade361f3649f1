export { planOf, type WorldPlan } from './plan';
export { runWorld, type RunResult } from './run';
export { runScenario } from './scenario';
