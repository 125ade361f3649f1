/** What `tools/load` decides by: it runs ghz, and asks here what to send and what came of it. */
export { compared } from './comparison';
export { DEFAULT_BOUNDS, tooMuch } from './load-report';
export { loadPicture } from './load-picture';
export { comparisonLines, reportPage, stepLine } from './report-page';
export { devicesFor, filled } from './scenario';
export { stepOf, withoutEffect } from './step';
