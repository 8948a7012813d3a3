import { spawnSync } from 'node:child_process';
import { VERSION } from '../../src/config/version.js';

/** Runs a program with `--version`, on a Node that says it has another version. */
function runOn(version: string, program: string) {
  const preload = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, program, '--version'],
    { encoding: 'utf8', env: {} },
  );
  return { code: status, out: stdout, err: stderr };
}

describe.each(['dist/src/main.js', 'bin/hospital-memberships.js'])('%s', (program) => {
  test.each(['18.20.8', '20.18.3'])(`Node %s ends ${program} with one sentence instead of a stack`, (version) => {
    expect(runOn(version, program)).toEqual({
      code: 1,
      out: '',
      err: `This service needs Node 20.19 or later, but this is Node ${version}; install Node 24.\n`,
    });
  });

  test.each(['20.19.0', '22.0.0'])(`Node %s runs ${program}`, (version) => {
    expect(runOn(version, program)).toMatchObject({
      code: 0,
      out: `${VERSION}\n`,
    });
  });
});
