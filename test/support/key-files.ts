import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the files of one test file, removed after its tests. */
export function useFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hospital-memberships-files-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** @returns a new Ed25519 key in PKCS#8 PEM, as OpenSSL writes it */
export function newPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** Writes a file. @returns its path */
export function write(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
