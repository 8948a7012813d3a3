import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate that signs itself, for receivers on this machine, with the file that makes it trusted. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly file: string;
}

/** Names that the certificate is valid for; none of them can be resolved. */
export const HOST = 'receiver.test';

/** Creates a certificate, which is removed after the tests of the file. */
export function useCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'hospital-memberships-'));
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = `subjectAltName=IP:127.0.0.1,IP:127.0.0.2,DNS:${HOST}`;
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const output = ['-keyout', keyFile, '-out', file, '-days', '2', '-subj', '/CN=receiver', '-addext', names];
  execFileSync('openssl', ['req', '-x509', ...kind, ...output], { stdio: 'ignore' });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(file, 'utf8'), file };
}
