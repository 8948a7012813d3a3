import { execFileSync } from 'node:child_process';

/** A file system in memory, small enough to fill up. */
export class SmallDisk {
  private constructor(private readonly folder: string) {}

  /** @returns undefined if this process may not mount, which requires root */
  static mount(folder: string, megabytes: number): SmallDisk | undefined {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(megabytes)}m`, 'tmpfs', folder], { stdio: 'ignore' });
      return new SmallDisk(folder);
    } catch {
      process.stdout.write('SKIPPED: a test of a full disk needs root, to mount a small one.\n');
      return undefined;
    }
  }

  resize(megabytes: number): void {
    execFileSync('mount', ['-o', `remount,size=${String(megabytes)}m`, this.folder]);
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.folder]);
  }
}
