import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { OperatorError } from '../../common/errors.js';

/**
 * @param file the setting `WEBHOOK_CA_FILE`: certificates in PEM
 * @returns the certificates that receivers may be signed by, those of Node included; undefined without a file
 * @throws OperatorError the file cannot be read, or contains something else
 */
export function authoritiesOf(file: string | undefined): readonly string[] | undefined {
  if (file === undefined) return undefined;
  const own = read(file).match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
  if (own.length === 0 || !own.every(isCertificate)) {
    throw new OperatorError(`The file ${file} of WEBHOOK_CA_FILE must contain certificates in PEM.`);
  }
  return [...rootCertificates, ...own];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'no code' } = error as NodeJS.ErrnoException;
    throw new OperatorError(`The file ${file} of WEBHOOK_CA_FILE cannot be read (${code}).`);
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
