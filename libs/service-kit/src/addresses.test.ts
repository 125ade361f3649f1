import { addressText, isLoopback, parseAddress } from './addresses';

describe('an address', () => {
  test.each([
    ['127.0.0.1:7400', { host: '127.0.0.1', port: 7400 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    ['gateway.internal:65535', { host: 'gateway.internal', port: 65_535 }],
  ])('is read from %s and written the same', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
    expect(addressText(address)).toBe(text);
  });

  test.each([
    '',
    'host',
    'host:',
    ':1',
    'host:65536',
    'host:1x',
    '::1:7400',
    'http://host:1',
    'a b:1',
    '[::1:1',
  ])('is not read from %j', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  test.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['localhost', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.0.0.1.example.org', false],
    ['192.168.0.4', false],
  ])('%s is loopback: %s', (host, loopback) => {
    expect(isLoopback({ host, port: 1 })).toBe(loopback);
  });
});
