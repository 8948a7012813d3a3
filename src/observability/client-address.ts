import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';

/** Length of a hashed address, in hexadecimal digits. */
const DIGITS = 16;

/**
 * @param address the value of `request.ip`, which may be any text if a proxy is trusted
 * @param key the setting `LOG_ADDRESS_KEY`
 * @returns the address for the log, or its keyed hash if there is a key
 */
export function clientAddressOf(address: string, key: string | undefined): string {
  const [plain = ''] = address.split('%');
  if (isIP(plain) === 0) return 'unknown';
  if (key === undefined) return plain;
  return createHmac('sha256', key).update(plain).digest('hex').slice(0, DIGITS);
}
