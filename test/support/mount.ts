import { execFileSync } from 'node:child_process';
import type { TestContext } from 'vitest';

/** A file system in memory, small enough to fill up. */
export class SmallDisk {
  private constructor(private readonly folder: string) {}

  /** Skips the test if this process may not mount, which requires root. */
  static mount({ skip }: TestContext, folder: string, megabytes: number): SmallDisk {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(megabytes)}m`, 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      skip('A test of a full disk needs root, to mount a small one.');
    }
    return new SmallDisk(folder);
  }

  resize(megabytes: number): void {
    execFileSync('mount', ['-o', `remount,size=${String(megabytes)}m`, this.folder]);
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.folder]);
  }
}
