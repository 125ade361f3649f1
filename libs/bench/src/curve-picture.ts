/** One line of a picture; its points are in the order of x. */
export interface Curve {
  readonly label: string;
  /** Curves that belong together have the same colour. */
  readonly colour: 'first' | 'second';
  readonly dashed: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface CurvePicture {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly curves: readonly Curve[];
  /** A height that is not to be passed, and a place to be pointed at. */
  readonly limit: { readonly y: number; readonly label: string };
  readonly mark: { readonly x: number; readonly label: string };
}

const WIDTH = 720;
const HEIGHT = 400;
const PLOT = { left: 70, right: 700, top: 46, bottom: 345 };
const Y_TICKS = [1, 10, 100, 1_000, 10_000];
const X_STEPS = [50, 100, 250, 500, 1_000, 2_500, 5_000];
const X_TICKS_MAX = 8;
const LEGEND_LINE = 18;

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 14px; font-weight: 600; }
.quiet { fill: #59636e; }
.grid { stroke: #d1d9e0; }
.limit { stroke: #cf222e; stroke-dasharray: 2 3; }
.mark { stroke: #59636e; stroke-dasharray: 2 3; }
.first { color: #0969da; }
.second { color: #bc4c00; }
.line { stroke: currentColor; stroke-width: 2; fill: none; }
circle { fill: currentColor; }
.dashed { stroke-dasharray: 5 4; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .quiet { fill: #9198a1; }
  .grid { stroke: #3d444d; }
  .limit { stroke: #f85149; }
  .mark { stroke: #9198a1; }
  .first { color: #58a6ff; }
  .second { color: #f0883e; }
}`;

/** An SVG that can be read on light and on dark ground. The heights are drawn by their logarithm. */
export function curvePicture(picture: CurvePicture): string {
  const { title, curves, limit, mark } = picture;
  const x = acrossOf(curves);
  const limitAt = up(limit.y);
  const markAt = x.of(mark.x);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    text(PLOT.left, 20, title, 'title'),
    ...axes(picture, x),
    line(PLOT.left, limitAt, PLOT.right, limitAt, 'limit'),
    text(PLOT.left + 4, limitAt - 5, limit.label, 'quiet'),
    line(markAt, PLOT.top, markAt, PLOT.bottom, 'mark'),
    text(markAt - 5, PLOT.top + 14, mark.label, 'quiet', 'end'),
    ...curves.map((curve) => drawn(curve, x)),
    ...curves.flatMap((curve, at) => legend(curve, PLOT.bottom - LEGEND_LINE * (curves.length - at - 0.5))),
    '</svg>',
    '',
  ].join('\n');
}

interface Across {
  of(x: number): number;
  readonly ticks: readonly number[];
}

function acrossOf(curves: readonly Curve[]): Across {
  const greatest = Math.max(...curves.flatMap(({ points }) => points.map(([x]) => x)));
  const step = X_STEPS.find((each) => greatest / each <= X_TICKS_MAX) ?? X_STEPS.at(-1)!;
  const count = Math.ceil(greatest / step);
  return {
    of: (x) => rounded(PLOT.left + ((PLOT.right - PLOT.left) * x) / (count * step)),
    ticks: Array.from({ length: count + 1 }, (_, at) => at * step),
  };
}

function up(y: number): number {
  const least = Math.log10(Y_TICKS[0]!);
  const greatest = Math.log10(Y_TICKS.at(-1)!);
  const share = (Math.log10(y) - least) / (greatest - least);
  return rounded(PLOT.bottom - (PLOT.bottom - PLOT.top) * Math.min(1, Math.max(0, share)));
}

function* axes({ xLabel, yLabel }: CurvePicture, x: Across): Generator<string> {
  for (const tick of Y_TICKS) {
    yield line(PLOT.left, up(tick), PLOT.right, up(tick), 'grid');
    yield text(PLOT.left - 8, up(tick) + 4, tick.toLocaleString('en'), 'quiet', 'end');
  }
  for (const tick of x.ticks) {
    yield line(x.of(tick), PLOT.bottom, x.of(tick), PLOT.bottom + 5, 'grid');
    yield text(x.of(tick), PLOT.bottom + 20, tick.toLocaleString('en'), 'quiet', 'middle');
  }
  const middle = (PLOT.top + PLOT.bottom) / 2;
  yield text((PLOT.left + PLOT.right) / 2, HEIGHT - 12, xLabel, '', 'middle');
  yield `<g transform="translate(16 ${middle}) rotate(-90)">${text(0, 0, yLabel, '', 'middle')}</g>`;
}

function drawn({ colour, dashed, points }: Curve, x: Across): string {
  const places = points.map(([across, height]) => [x.of(across), up(height)] as const);
  const way = places.map((place) => place.join(',')).join(' ');
  const dots = places.map(([cx, cy]) => `<circle class="${colour}" cx="${cx}" cy="${cy}" r="2.5"/>`);
  return [`<polyline class="line ${colour}${dashed ? ' dashed' : ''}" points="${way}"/>`, ...dots].join('');
}

function legend({ label, colour, dashed }: Curve, height: number): string[] {
  const left = PLOT.left + 14;
  return [
    line(left, height - 4, left + 26, height - 4, `line ${colour}${dashed ? ' dashed' : ''}`),
    text(left + 34, height, label, ''),
  ];
}

function line(x1: number, y1: number, x2: number, y2: number, of: string): string {
  return `<line class="${of}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

function text(x: number, y: number, said: string, of: string, anchor = 'start'): string {
  return `<text class="${of}" x="${x}" y="${y}" text-anchor="${anchor}">${escaped(said)}</text>`;
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

const escaped = (said: string): string =>
  said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
