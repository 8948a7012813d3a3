import { createReadStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { pipeline as pipe } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { DamagedExport, UnusableFile } from './errors.js';

/**
 * Writes a new file of lines, compressed by gzip, which only its owner may read. Where that fails, no
 * file remains.
 * @throws UnusableFile the file exists already, or cannot be written
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

/**
 * Reads what {@link writeLines} wrote, a line at a time.
 * @throws UnusableFile the file cannot be read
 * @throws DamagedExport it is not compressed by gzip, or its end or its checksum is wrong
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
  if (parts.join('') !== '') throw new DamagedExport('its last line has no end');
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
  if (code.startsWith('Z_')) return new DamagedExport('what is compressed in it cannot be read to its end');
  return typeof syscall === 'string' && /^(open|read|write|close|fsync)$/.test(syscall)
    ? new UnusableFile(path, code)
    : undefined;
}
