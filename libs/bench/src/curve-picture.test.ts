import { type Curve, curvePicture } from './curve-picture';

const curve = (points: Curve['points']): Curve => ({
  label: 'p50 < p99',
  colour: 'first',
  dashed: false,
  points,
});

const drawn = (points: Curve['points']): string =>
  curvePicture({
    title: 'Latency',
    xLabel: 'changes/s',
    yLabel: 'ms',
    curves: [curve(points)],
    limit: { y: 1_000, label: '1 s' },
    mark: { x: 500, label: '500/s' },
  });

function placesIn(picture: string): number[][] {
  const [, way = ''] = /<polyline [^>]*points="([^"]*)"/.exec(picture) ?? [];
  return way.split(' ').map((place) => place.split(',').map(Number));
}

describe('the picture of a curve', () => {
  it('draws more to the right what comes faster, and higher what takes longer', () => {
    const [first, second, third] = placesIn(
      drawn([
        [250, 10],
        [500, 100],
        [1_000, 1_000],
      ]),
    );
    expect(second![0]! - first![0]!).toBeCloseTo((third![0]! - second![0]!) / 2, 0);
    expect(first![1]! - second![1]!).toBeCloseTo(second![1]! - third![1]!, 0);
    expect(third![1]).toBeLessThan(first![1]!);
  });

  it('keeps what is beyond its scale at the edge', () => {
    const [tiny, huge, most] = placesIn(
      drawn([
        [1, 0.01],
        [2, 1e9],
        [3, 10_000],
      ]),
    );
    expect(huge![1]).toBe(most![1]);
    expect(tiny![1]).toBeGreaterThan(huge![1]!);
  });

  it('writes its labels as text, whatever they hold', () => {
    const picture = drawn([[250, 10]]);
    expect(picture).toContain('p50 &lt; p99');
    expect(picture).toContain('>changes/s</text>');
    expect(picture).toContain('>1 s</text>');
  });
});
