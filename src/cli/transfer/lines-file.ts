import { createReadStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { pipeline as pipe } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { DamagedExport, UnusableFile } from './errors.js';

/**
 * Writes lines to a new gzip file that only its owner may read. Removes the file on failure.
 * @throws UnusableFile the file already exists, or cannot be written
 */
export async function writeLines(path: string, lines: AsyncIterable<string>): Promise<void> {
  const file = await openNew(path);
  try {
    await pipeline(lines, createGzip(), file.createWriteStream({ flush: true }));
  } catch (error) {
    await rm(path, { force: true });
    throw fileFailureOf(path, error) ?? error;
  }
}

/** @throws UnusableFile the file cannot be opened for reading */
export async function requireReadableFile(path: string): Promise<void> {
  try {
    const file = await open(path);
    const isFolder = (await file.stat()).isDirectory();
    await file.close();
    if (isFolder) throw new UnusableFile(path, 'EISDIR');
  } catch (error) {
    throw fileFailureOf(path, error) ?? error;
  }
}

/**
 * Reads the lines of a file that {@link writeLines} has written.
 * @throws UnusableFile the file cannot be read
 * @throws DamagedExport the file is not valid gzip, or is truncated
 */
export async function* readLines(path: string): AsyncGenerator<string> {
  const text = pipe(createReadStream(path), createGunzip(), () => undefined).setEncoding('utf8');
  let parts: string[] = [];
  try {
    for await (const chunk of text as AsyncIterable<string>) {
      const [first = '', ...others] = chunk.split('\n');
      parts.push(first);
      for (const other of others) {
        yield parts.join('');
        parts = [other];
      }
    }
  } catch (error) {
    throw fileFailureOf(path, error) ?? error;
  }
  if (parts.join('') !== '') throw new DamagedExport('its last line is truncated');
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    throw fileFailureOf(path, error) ?? error;
  }
}

function fileFailureOf(path: string, error: unknown): Error | undefined {
  const { code, syscall } = Object(error) as { code?: unknown; syscall?: unknown };
  if (typeof code !== 'string') return undefined;
  if (code.startsWith('Z_')) return new DamagedExport('it is not valid gzip, or is truncated');
  return typeof syscall === 'string' && /^(open|read|write|close|fsync)$/.test(syscall)
    ? new UnusableFile(path, code)
    : undefined;
}
